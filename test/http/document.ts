import type { Api } from './api.js';

export type Json = Record<string, unknown>;

/** One operation of the served OpenAPI document. */
export interface Operation {
  /** The method in upper case and the path, for example `GET /v1/trades/{id}`. */
  name: string;
  method: string;
  path: string;
  /** The names of its parameters, by where they are. */
  parameters: Record<'path' | 'query' | 'header', string[]>;
  /** The schema of its body, with its references resolved. */
  body: Json | undefined;
}

interface Served {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: { name: string; in: 'path' | 'query' | 'header' }[];
        requestBody?: { content: Record<string, { schema: Json }> };
      }
    >
  >;
  components: { schemas: Record<string, Json> };
}

/** Every operation of the document that the API serves. */
export async function operationsOf(api: Api): Promise<Operation[]> {
  const { paths, components } = (await api.send('GET', '/openapi.json')).body as Served;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { parameters = [], requestBody }]) => {
      const named = (where: string): string[] => parameters.filter((one) => one.in === where).map(({ name }) => name);
      const schema = requestBody?.content['application/json']?.schema;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        parameters: { path: named('path'), query: named('query'), header: named('header') },
        body: schema && (resolved(schema, components.schemas) as Json),
      };
    }),
  );
}

/** A schema with the components that it refers to in the place of the references. */
function resolved(schema: unknown, components: Record<string, Json>): unknown {
  if (Array.isArray(schema)) return schema.map((one) => resolved(one, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, ...rest } = schema as Json;
  if (typeof $ref === 'string') return resolved(components[$ref.replace(/.*\//, '')], components);
  return Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, resolved(member, components)]));
}

/** The operations that are lists with pages. */
export function listsOf(operations: readonly Operation[]): Operation[] {
  return operations.filter(({ method, parameters }) => method === 'GET' && parameters.query.includes('cursor'));
}

/** The operation that a request was for, or undefined. A path with fewer parameters fits first. */
export function operationFor(operations: readonly Operation[], method: string, path: string): Operation | undefined {
  const [bare = ''] = path.split('?');
  return operations
    .filter(
      (operation) =>
        operation.method === method && new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare),
    )
    .sort((a, b) => a.parameters.path.length - b.parameters.path.length)[0];
}

/** The path with these values in the place of its parameters. */
export function pathOf(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${template}: nothing is given for ${name}.`);
    return value;
  });
}
