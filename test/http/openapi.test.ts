import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { ValidateFunction } from 'ajv';
import { packageRoot } from '../../src/http/documents.js';
import { scopes } from '../../src/http/scopes.js';
import { adminKey, openApi, type Api } from './api.js';
import { Described } from './described.js';
import type { Json } from './document.js';

interface Response {
  description: string;
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: Json }>;
}

interface Operation {
  name: string;
  parameters?: Json[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, Response>;
  security?: Json[];
  'x-scope'?: string;
}

/** Visits every object in a value, with where it is. */
function visit(value: unknown, see: (member: Json, path: string) => void, path = '#'): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as Json, path);
  for (const [name, member] of Object.entries(value)) visit(member, see, `${path}/${name}`);
}

/** Whether a schema is of something or of null. */
function isNullable(schema: Json): boolean {
  const options = (schema['anyOf'] ?? []) as Json[];
  return options.length === 2 && options.some(({ type }) => type === 'null');
}

describe('the OpenAPI document', () => {
  let api: Api;
  let document: OpenAPIObject;
  let operations: Operation[];
  let described: Described;
  beforeAll(async () => {
    api = await openApi();
    document = (await api.send('GET', '/openapi.json')).body as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as object).map(([method, operation]) => ({
        ...(operation as Operation),
        name: `${method} ${path}`,
      })),
    );
    described = new Described(document);
  });
  afterAll(() => api.close());

  const compile = (schema: Json): ValidateFunction => described.compile(schema);

  test('is the committed one', () => {
    const file = join(packageRoot(), 'openapi.json');
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(document, null, 2)}\n`);
  });

  test('is OpenAPI 3.1 and names nothing of this installation', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(document)).not.toMatch(/127\.0\.0\.1|localhost/);
    expect(document.servers ?? []).toEqual([]);
  });

  test('has only schemas that JSON Schema 2020-12 accepts strictly, and they accept their own examples', () => {
    const schemas = Object.entries(document.components?.schemas ?? {}) as [string, Json][];
    expect(schemas.length).toBeGreaterThan(10);
    let examples = 0;
    for (const [name, schema] of schemas) {
      const validate = compile(schema);
      for (const example of [schema['examples'] ?? schema['example'] ?? []].flat()) {
        examples++;
        expect([name, validate(example), validate.errors]).toEqual([name, true, null]);
      }
    }
    expect(examples).toBeGreaterThan(5);
    for (const { parameters = [] } of operations) for (const { schema } of parameters) compile(schema as Json);
  });

  test('allows no property that it does not name', () => {
    const open: string[] = [];
    visit(document.components?.schemas, (member, path) => {
      if (member['type'] === 'object' && !path.endsWith('/properties') && member['additionalProperties'] === undefined)
        open.push(path);
    });
    expect(open).toEqual([]);
  });

  test('has a name for every object, so that no generator makes one up', () => {
    const nameless: string[] = [];
    const schemas = Object.values((document.components?.schemas ?? {}) as Record<string, Json>);
    const inside = [...schemas.map((schema) => ({ ...schema, type: 'named' })), document.paths];
    visit(inside, (member, path) => {
      if (member['type'] === 'object' && member['properties'] !== undefined) nameless.push(path);
      if (member['oneOf'] !== undefined || member['anyOf'] !== undefined)
        if (!/^#\/\d+$/.test(path) && !isNullable(member)) nameless.push(path);
    });
    expect(nameless).toEqual([]);
  });

  test('tells the schemas of events apart by their names, each of which is in its schema', () => {
    const schemas = (document.components?.schemas ?? {}) as Record<string, Json>;
    const { discriminator, oneOf } = schemas['SagaEvent'] as {
      discriminator: { propertyName: string; mapping: Record<string, string> };
      oneOf: { $ref: string }[];
    };
    const { propertyName, mapping } = discriminator;
    const named = oneOf.flatMap(({ $ref }) => {
      const { properties } = schemas[$ref.replace(/.*\//, '')] as { properties: Record<string, { enum: string[] }> };
      return properties[propertyName]?.enum.map((name) => [name, $ref]) ?? [];
    });
    expect(named.length).toBeGreaterThan(oneOf.length);
    expect(mapping).toEqual(Object.fromEntries(named));
  });

  test('has no default, because generators require what has one', () => {
    const defaults: string[] = [];
    visit(document, (member, path) => {
      if ('default' in member && !path.endsWith('/properties')) defaults.push(path);
    });
    expect(defaults).toEqual([]);
  });

  test('has only patterns that every language compiles: no lookaround, no reference and no class of Unicode', () => {
    const patterns = new Set<string>();
    visit(document, ({ pattern }) => {
      if (typeof pattern === 'string') patterns.add(pattern);
    });
    expect(patterns.size).toBeGreaterThan(20);
    const few = /\(\?(?!:)|\\[^dwsxntr.\-\\\/"*^$|()[\]{}+?]/;
    expect([...patterns].filter((pattern) => few.test(pattern))).toEqual([]);
  });

  test('names no scheme of a key that it is not', () => {
    expect(document.components?.securitySchemes).toEqual({
      key: { type: 'http', scheme: 'bearer', description: expect.any(String) },
      admin: { type: 'http', scheme: 'bearer', description: expect.any(String) },
    });
  });

  test('says which header fields an answer has', () => {
    const headersOf = (name: string, status: number): string[] =>
      Object.keys(operations.find((one) => one.name === name)?.responses[status]?.headers ?? {}).sort();
    expect(headersOf('post /v1/trades', 200)).toEqual([
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'X-Request-Id',
    ]);
    expect(headersOf('post /v1/trades', 202)).toEqual([
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'Retry-After',
      'X-Request-Id',
    ]);
    expect(headersOf('get /v1/trades', 200)).toEqual(['Link', 'X-Request-Id']);
    expect(headersOf('get /v1/trades', 503)).toEqual(['Retry-After', 'X-Request-Id']);
    expect(headersOf('get /v1/assets/{code}', 200)).toEqual(['ETag', 'X-Request-Id']);
    expect(headersOf('put /v1/assets/{code}', 201)).toEqual(['ETag', 'Location', 'X-Request-Id']);
  });

  test('says how much a trade and an instance may have', () => {
    const schemas = document.components?.schemas as unknown as Record<string, { properties: Record<string, Json> }>;
    expect(schemas['NewTrade']?.properties['parties']).toMatchObject({
      description: expect.stringContaining('1 to 50'),
    });
    expect(schemas['SentGifts']?.properties['items']).toMatchObject({ maxItems: 50, uniqueItems: true });
    expect(schemas['NewTransfer']?.properties['legs']).toMatchObject({
      description: expect.stringMatching(/^No two legs/),
    });
    expect(schemas['Properties']).toMatchObject({
      propertyNames: { pattern: expect.any(String) },
      description: expect.stringContaining('4096 bytes'),
    });
    expect(schemas['SentAsset']?.properties['name']).toMatchObject({ minLength: 1, maxLength: 200 });
  });

  test('gives every operation a name, a summary, a success with a schema, and a problem for every 4xx', () => {
    for (const operation of operations) {
      expect(operation).toMatchObject({ operationId: expect.any(String), summary: expect.stringMatching(/^[A-Z]/) });
      const responses = Object.entries(operation.responses);
      const successes = responses.filter(([status]) => status.startsWith('2'));
      expect([operation.name, successes.length > 0]).toEqual([operation.name, true]);
      for (const [status, { content }] of successes)
        expect([
          operation.name,
          Object.values(content ?? {}).some(({ schema }) => schema !== undefined) || status === '204',
        ]).toEqual([operation.name, true]);
      const expected = [
        '400',
        '405',
        '414',
        '431',
        ...(operation.security ? ['401', '403'] : []),
        ...(operation.requestBody ? ['413', '415'] : []),
      ];
      expect(responses.map(([status]) => status)).toEqual(expect.arrayContaining(expected));
      for (const [status, { content, description }] of responses) {
        expect(description).not.toBe('');
        if (Number(status) >= 400)
          expect(content).toEqual({ 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } });
      }
    }
  });

  test('says that a row may be held wherever tables are read or changed', () => {
    for (const { name, responses } of operations)
      expect([name, responses['503']?.description?.includes('`row-held`')]).toEqual([name, !/\/health\//.test(name)]);
  });

  test('has an example of every body', () => {
    const schemas = (document.components?.schemas ?? {}) as Record<string, Json>;
    const bodies = operations.flatMap(({ name, requestBody }) => {
      const schema = requestBody?.content['application/json']?.schema;
      const named = schema?.['$ref'] === undefined ? schema : schemas[String(schema['$ref']).replace(/.*\//, '')];
      return requestBody === undefined ? [] : [{ name, example: named?.['example'] }];
    });
    expect(bodies.length).toBeGreaterThan(10);
    expect(bodies.filter(({ example }) => example === undefined)).toEqual([]);
  });

  test('names a key for every operation but health and signed events, and a scope that exists', () => {
    for (const { name, security, 'x-scope': scope } of operations) {
      if (/\/health\/|\/v1\/webhooks\//.test(name)) expect(security).toBeUndefined();
      else if (name.includes('/v1/titles')) expect(security).toEqual([{ admin: [] }]);
      else if (/^post .*schedules/.test(name)) expect(security).toEqual([{ admin: [] }]);
      else {
        // What is of one title with its key is of all titles with the admin key.
        const orAdmin = name.includes('/v1/reconciliation') ? [{ admin: [] }] : [];
        expect(security).toEqual(expect.arrayContaining([...orAdmin, { key: [] }]));
        expect(security).toHaveLength(orAdmin.length + 1);
        expect(scopes).toContain(scope);
      }
    }
  });

  test('requires an Idempotency-Key exactly where value changes by POST, but by an operator or a cancel', () => {
    const withKey = operations
      .filter(({ parameters = [] }) =>
        parameters.some(({ name, required }) => name === 'Idempotency-Key' && required === true),
      )
      .map(({ name }) => name);
    const posts = operations
      .map(({ name }) => name)
      .filter(
        (name) =>
          name.startsWith('post ') &&
          !/\/v1\/(titles|sagas|products|webhooks|reconciliation-)|\/(cancel|verify)$/.test(name),
      );
    expect(withKey).toEqual(posts);
  });

  test('describes what is really answered', async () => {
    await api.makeTitle('arena');
    for (const path of ['/v1/titles', '/v1/titles/{title}', '/v1/titles/{title}/keys']) {
      const { status, body } = await api.send('GET', path.replace('{title}', 'arena'), { key: adminKey });
      const schema = operations.find(({ name }) => name === `get ${path}`)?.responses[status]?.content?.[
        'application/json'
      ]?.schema;
      const validate = compile(schema as Json);
      expect([path, validate(body), validate.errors]).toEqual([path, true, null]);
    }
    const problem = await api.send('GET', '/v1/titles/nobody', { key: adminKey });
    const validate = compile({ $ref: '#/components/schemas/Problem' });
    expect([validate(problem.body), validate.errors]).toEqual([true, null]);
    expect(validate({ ...(problem.body as object), more: 1 })).toBe(false);
  });

  test('can be read at /docs without any other server', async () => {
    const page = await fetch(`${api.url}/docs`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
    expect(links.length).toBe(4);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      const file = await fetch(`${api.url}${link}`);
      expect([link, file.status]).toEqual([link, 200]);
      expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  test('the type of a problem leads to its entry', async () => {
    const { body } = await api.send('GET', '/v1/nothing');
    const [address, fragment] = (body as { type: string }).type.split('#');
    const page = await fetch(`${api.url}${address}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(`id="${fragment}"`);
  });
});
