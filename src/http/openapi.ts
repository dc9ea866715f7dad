import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { errorTitles, type ErrorCode } from '../errors.js';
import { headerComponents, headersOf } from './openapi-headers.js';
import { problem, problemType } from './problem.js';
import { problemStatus } from './problem-status.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Responses = Operation['responses'];
type Response = Exclude<NonNullable<Responses[string]>, { $ref: string }>;

const methods = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** What any handler can answer, and what those with a key, a body or parameters can. */
const always: ErrorCode[] = [
  'malformed-request',
  'method-not-allowed',
  'request-timeout',
  'uri-too-long',
  'headers-too-large',
  'expectation-failed',
];
// What has a key, or a signature in its place, reads or changes tables, which others may hold.
const withKey: ErrorCode[] = ['unauthenticated', 'too-many-wrong-keys', 'forbidden', 'row-held'];
const withBody: ErrorCode[] = ['malformed-json', 'validation-failed', 'body-too-large', 'unsupported-media-type'];
const withRawBody: ErrorCode[] = ['body-too-large', 'unsupported-media-type', 'row-held'];
const withParameters: ErrorCode[] = ['validation-failed'];

const description =
  'The economy of a game or a marketplace: balances, items, trades, a store.\n\n' +
  'Amounts are decimal strings of minor units. Times are RFC 3339 in UTC. ' +
  'Lists are newest first, and end where `next` is null.\n' +
  'Every error is a problem document (RFC 9457) whose `code` never changes; /docs/errors describes each.';

/**
 * By which member the schemas of a union are told apart, which no keyword of JSON Schema says.
 * @throws Error where one of them is no component, because nothing could refer to it
 */
function discriminatorOf({ def, options }: z.ZodDiscriminatedUnion): object {
  const mapping = options.flatMap((option) => {
    const id = option instanceof z.ZodType ? option.meta()?.id : undefined;
    if (id === undefined) throw new Error(`A schema that ${def.discriminator} tells apart from others has no id.`);
    const values = [...(option._zod.propValues?.[def.discriminator] ?? [])];
    return values.map((value) => [String(value), `#/components/schemas/${id}`]);
  });
  return { propertyName: def.discriminator, mapping: Object.fromEntries(mapping) as Record<string, string> };
}

/** A component that zod has converted, by its name, or the schema itself where it has none. */
function convert(schema: z.ZodType, io: 'input' | 'output'): { schema: unknown; components: Record<string, unknown> } {
  const converted = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDiscriminatedUnion) jsonSchema['discriminator'] = discriminatorOf(zodSchema);
    },
  });
  const text = JSON.stringify(converted).replaceAll('"#/$defs/', '"#/components/schemas/');
  const {
    $schema: _dialect,
    $defs = {},
    ...rest
  } = JSON.parse(text) as Record<string, unknown> & { $defs?: Record<string, unknown> };
  return { schema: rest, components: $defs };
}

/**
 * The OpenAPI 3.1 document of the application, made from its controllers and their zod schemas.
 * It is the same for every installation, so that it can be committed.
 */
export function describeApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Veltrix')
    .setDescription(description)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addSecurity('key', { type: 'http', scheme: 'bearer', description: 'A key of a title, `vx_live_…`' })
    .addSecurity('admin', { type: 'http', scheme: 'bearer', description: 'The admin key of the installation' })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}_${method}`,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? convert(schema, schemaType) : undefined,
  });
  document.components = {
    ...document.components,
    // No handler answers a problem, so no decorator names it.
    schemas: { ...document.components?.schemas, ...(convert(problem, 'output').components as object) },
    headers: headerComponents,
  };
  for (const item of Object.values(document.paths)) {
    const operations = methods.flatMap((method) => item[method] ?? []);
    // What one operation changes by its version, the others answer with it.
    const versioned = operations.some((operation) => parametersOf(operation).has('If-Match'));
    for (const operation of operations) {
      addProblems(operation, operation !== item.get);
      completeResponses(operation, versioned);
    }
  }
  return document;
}

/** The names of an operation's parameters. */
function parametersOf({ parameters = [] }: Operation): Set<string> {
  return new Set(parameters.flatMap((parameter) => ('name' in parameter ? [parameter.name] : [])));
}

/**
 * Adds the problems that no handler has to name, because every one of its kind can answer them.
 * @param readsBody whether a body is read that is sent along, also where none is asked for
 */
function addProblems(operation: Operation, readsBody: boolean): void {
  const codes = new Set([
    ...always,
    ...(operation.security === undefined ? [] : withKey),
    ...(readsBody ? ('x-signed' in operation ? withRawBody : withBody) : []),
    ...(operation.parameters?.length ? withParameters : []),
    'unavailable' as const,
  ]);
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(problemStatus[code], [...(byStatus.get(problemStatus[code]) ?? []), code]);
  for (const [status, own] of byStatus) addProblem(operation.responses, status, own);
}

/** Adds what an answer says by itself: the media type of problems, and the header fields that come with it. */
function completeResponses(operation: Operation, versioned: boolean): void {
  const facts = { parameters: parametersOf(operation), accepts: '202' in operation.responses, versioned };
  for (const [name, one] of Object.entries(operation.responses)) {
    const [status, response] = [Number(name), one as Response];
    response.description ||= STATUS_CODES[status] ?? '';
    if (status >= 400) response.content = { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } };
    response.headers = { ...response.headers, ...headersOf({ status, ...facts }) };
  }
}

function addProblem(responses: Responses, status: number, codes: ErrorCode[]): void {
  const existing = responses[status];
  const own = existing !== undefined && 'description' in existing ? existing.description : '';
  const more = codes
    .filter((code) => !own?.includes(`\`${code}\``))
    .map((code) => `\`${code}\`: ${errorTitles[code]}.`);
  responses[status] = { ...existing, description: [own, ...more].filter((text) => text !== '').join(' ') };
}
