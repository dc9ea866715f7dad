import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { packageRoot } from '../../src/http/documents.js';
import { scopes } from '../../src/http/scopes.js';
import { adminKey, openApi, type Api } from './api.js';

type Json = Record<string, unknown>;

interface Operation {
  name: string;
  parameters?: Json[];
  requestBody?: { content: Record<string, { schema: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: Json }> }>;
  security?: Json[];
  'x-scope'?: string;
}

/** Visits every object in a value, with where it is. */
function visit(value: unknown, see: (member: Json, path: string) => void, path = '#'): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as Json, path);
  for (const [name, member] of Object.entries(value)) visit(member, see, `${path}/${name}`);
}

/**
 * The schema with references to schemas of their own, as which Ajv is given them, rather than to parts of a document.
 */
function freestanding(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"/components/')) as Json;
}

describe('the OpenAPI document', () => {
  let api: Api;
  let document: OpenAPIObject;
  let operations: Operation[];
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  beforeAll(async () => {
    api = await openApi();
    document = (await api.send('GET', '/openapi.json')).body as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as object).map(([method, operation]) => ({
        ...(operation as Operation),
        name: `${method} ${path}`,
      })),
    );
    for (const format of ['date-time', 'uri-reference']) ajv.addFormat(format, true);
    // OpenAPI's own keyword, which Nest writes instead of the dialect's `examples`.
    ajv.addKeyword('example');
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
      ajv.addSchema(freestanding(schema as Json), `/components/schemas/${name}`);
  });
  afterAll(() => api.close());

  const compile = (schema: Json): ValidateFunction => ajv.compile(freestanding(schema));

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

  test('gives every operation a name, a summary, a success with a schema, and a problem for every 4xx', () => {
    for (const operation of operations) {
      expect(operation).toMatchObject({ operationId: expect.any(String), summary: expect.stringMatching(/^[A-Z]/) });
      const responses = Object.entries(operation.responses);
      const successes = responses.filter(([status]) => status.startsWith('2'));
      expect([operation.name, successes.length > 0]).toEqual([operation.name, true]);
      for (const [status, { content }] of successes)
        expect([operation.name, content?.['application/json']?.schema !== undefined || status === '204']).toEqual([
          operation.name,
          true,
        ]);
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
      else {
        expect(security).toEqual([{ key: [] }]);
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
      .filter((name) => name.startsWith('post ') && !/\/v1\/(titles|sagas|products|webhooks)|\/cancel$/.test(name));
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
