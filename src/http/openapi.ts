import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { errorTitles, type ErrorCode } from '../errors.js';
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
const withKey: ErrorCode[] = ['unauthenticated', 'forbidden'];
const withBody: ErrorCode[] = ['malformed-json', 'validation-failed', 'body-too-large', 'unsupported-media-type'];
const withRawBody: ErrorCode[] = ['body-too-large', 'unsupported-media-type'];
const withParameters: ErrorCode[] = ['validation-failed'];

const location = { Location: 'The address of what was made' };
const retryAfter = { 'Retry-After': 'In how many seconds to look or to try again' };
const headersOf: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  201: location,
  202: { ...location, ...retryAfter },
  401: { 'WWW-Authenticate': 'Bearer' },
  405: { Allow: 'The methods that the address has' },
  503: retryAfter,
};

const description =
  'The economy of a game or a marketplace: balances, items, trades, a store.\n\n' +
  'Amounts are decimal strings of minor units. Times are RFC 3339 in UTC. ' +
  'Lists are newest first, and end where `next` is null.\n' +
  'Every error is a problem document (RFC 9457) whose `code` never changes; /docs/errors describes each.';

/** A component that zod has converted, by its name, or the schema itself where it has none. */
function convert(schema: z.ZodType, io: 'input' | 'output'): { schema: unknown; components: Record<string, unknown> } {
  const converted = z.toJSONSchema(schema, { target: 'draft-2020-12', io, reused: 'inline' });
  const {
    $schema: _dialect,
    $defs = {},
    ...rest
  } = converted as Record<string, unknown> & { $defs?: Record<string, unknown> };
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
    .addBearerAuth({ type: 'http', description: 'A key of a title, `vx_live_…`' }, 'key')
    .addBearerAuth({ type: 'http', description: 'The admin key of the installation' }, 'admin')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '').toLowerCase()}_${method}`,
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? convert(schema, schemaType) : undefined,
  });
  // No handler answers it, so no decorator names it.
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...(convert(problem, 'output').components as object) },
  };
  for (const item of Object.values(document.paths)) for (const method of methods) addProblems(item[method]);
  return document;
}

function addProblems(operation: Operation | undefined): void {
  if (operation === undefined) return;
  const codes = [
    ...always,
    ...(operation.security === undefined ? [] : withKey),
    ...(operation.requestBody === undefined ? [] : 'x-signed' in operation ? withRawBody : withBody),
    ...(operation.parameters?.length ? withParameters : []),
    'unavailable' as const,
  ];
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(problemStatus[code], [...(byStatus.get(problemStatus[code]) ?? []), code]);
  for (const [status, own] of byStatus) addProblem(operation.responses, status, own);
  for (const [status, response] of Object.entries(operation.responses))
    completeResponse(Number(status), response as Response);
}

/** Adds what a status says by itself: the media type of problems, and the header fields that come with it. */
function completeResponse(status: number, response: Response): void {
  response.description ||= STATUS_CODES[status] ?? '';
  if (status >= 400) response.content = { [problemType]: { schema: { $ref: '#/components/schemas/Problem' } } };
  for (const [name, text] of Object.entries(headersOf[status] ?? {})) {
    response.headers = { ...response.headers, [name]: { description: text, schema: { type: 'string' } } };
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
