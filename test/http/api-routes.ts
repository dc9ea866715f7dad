import type { Api } from './api.js';

/** A route of the OpenAPI document. */
export interface DocumentedRoute {
  method: string;
  /** With its parameters in braces, for example `/v1/trades/{id}`. */
  path: string;
  /** The names of its query parameters. */
  query: string[];
  /** The names of its header parameters, in lower case. */
  headers: string[];
}

interface Operation {
  parameters?: { in: string; name: string }[];
}

/** Every route that the served OpenAPI document has. */
export async function documentedRoutes(api: Api): Promise<DocumentedRoute[]> {
  const { paths } = (await api.send('GET', '/openapi.json')).body as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [] }]) => ({
      method: method.toUpperCase(),
      path,
      query: parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      headers: parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name.toLowerCase()),
    })),
  );
}

/** Lists are the routes that take a cursor. */
export function isList({ method, query }: DocumentedRoute): boolean {
  return method === 'GET' && query.includes('cursor');
}

/** `METHOD /path` of a route, for messages and for sets. */
export function nameOf({ method, path }: { method: string; path: string }): string {
  return `${method} ${path}`;
}

/** The route that a request was for, or undefined. A path with fewer parameters fits first. */
export function routeOf(routes: readonly DocumentedRoute[], method: string, path: string): DocumentedRoute | undefined {
  const [bare] = path.split('?');
  return routes
    .filter((route) => route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare ?? ''))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}
