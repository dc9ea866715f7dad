import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Answer, Api } from './api.js';
import type { Json } from './document.js';

interface Response {
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: Json }>;
}

/** The header fields that are about what is answered, rather than about the connection. */
const toldHeaders = [
  'allow',
  'etag',
  'idempotency-replayed',
  'link',
  'location',
  'preference-applied',
  'retry-after',
  'www-authenticate',
  'x-request-id',
];

/**
 * The schema with references to schemas of their own, as which Ajv is given them, rather than to parts of a document.
 */
function freestanding(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"/components/')) as Json;
}

/** What an OpenAPI document says of schemas and answers. */
export class Described {
  private readonly ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenAPIObject) {
    for (const format of ['date-time', 'uri-reference']) this.ajv.addFormat(format, true);
    // OpenAPI's own keywords. Nest writes the first one instead of the dialect's `examples`.
    for (const keyword of ['example', 'discriminator']) this.ajv.addKeyword(keyword);
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
      this.ajv.addSchema(freestanding(schema as Json), `/components/schemas/${name}`);
  }

  /** By the document that an API serves. */
  static async of(api: Api): Promise<Described> {
    return new Described((await api.send('GET', '/openapi.json')).body as OpenAPIObject);
  }

  /** @throws Error where the schema is none of JSON Schema 2020-12, strictly */
  compile(schema: Json): ValidateFunction {
    return this.ajv.compile(freestanding(schema));
  }

  /**
   * What of an answer the document does not say, or says otherwise, one sentence each.
   * @param path of the address, without the query
   */
  faults(method: string, path: string, { status, headers, body }: Answer): string[] {
    const response = this.response(method, path, status);
    if (response === undefined) return [`${method} ${path} ${status} is not named.`];
    const named = Object.entries(response.headers ?? {}).map(([name, { $ref }]) => {
      const component = this.document.components?.headers?.[$ref.replace(/.*\//, '')];
      return { name: name.toLowerCase(), required: component !== undefined && 'required' in component };
    });
    const unknown = toldHeaders.filter((name) => headers.has(name) && !named.some((one) => one.name === name));
    const missing = named.filter(({ name, required }) => required && !headers.has(name));
    return [
      ...unknown.map((name) => `${method} ${path} ${status} has ${name}, which is not named.`),
      ...missing.map(({ name }) => `${method} ${path} ${status} has no ${name}.`),
      ...this.faultsOfBody(`${method} ${path} ${status}`, response, headers.get('content-type') ?? '', body),
    ];
  }

  private faultsOfBody(what: string, { content = {} }: Response, type: string, body: unknown): string[] {
    if (body === undefined) return Object.keys(content).length === 0 ? [] : [`${what} has no body.`];
    const schema = content[type.replace(/;.*/, '')]?.schema;
    if (schema === undefined) return [`${what} is ${type}, which is not named.`];
    const name = JSON.stringify(schema);
    const validate = this.validators.get(name) ?? this.compile(schema);
    this.validators.set(name, validate);
    if (validate(body)) return [];
    return (validate.errors ?? []).map((error) => `${what}: ${error.instancePath} ${error.message}`);
  }

  /** What is said of an answer. A path with fewer parameters fits first. */
  private response(method: string, path: string, status: number): Response | undefined {
    const template = Object.keys(this.document.paths)
      .filter((one) => new RegExp(`^${one.replace(/\{\w+\}/g, '[^/]+')}$`).test(path))
      .filter((one) => method.toLowerCase() in (this.document.paths[one] as object))
      .sort((a, b) => a.split('{').length - b.split('{').length)[0];
    const item = this.document.paths[template ?? ''] as Record<string, { responses: Record<string, Response> }>;
    return item?.[method.toLowerCase()]?.responses[status];
  }
}
