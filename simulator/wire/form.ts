import { ApiError } from './api-error.js';

/** Parameters as they came: texts, and trees of them for `a[b]` and `a[0]`. */
export interface Tree {
  [name: string]: string | Tree;
}

/**
 * Reads a form or a query with nested names, as the official client writes them: `metadata[order]=7`, `expand[0]=x`
 * and `expand[]=x`.
 * @throws ApiError 400 for names that contradict each other or are nested too deep
 */
export function parseForm(text: string): Tree {
  const root = emptyTree();
  for (const [name, value] of new URLSearchParams(text)) put(root, name, value);
  return root;
}

function put(root: Tree, name: string, value: string): void {
  const [, first, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  if (first === undefined || rest === undefined) throw ApiError.parameter(`Invalid parameter name: ${name}`, name);
  const path = [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, inner]) => inner ?? '')];
  if (path.length > 6) throw ApiError.parameter(`Parameter is nested too deep: ${name}`, name);
  let tree = root;
  for (const [index, step] of path.entries()) {
    const key = step === '' ? String(Object.keys(tree).length) : step;
    if (index === path.length - 1) {
      if (typeof tree[key] === 'object') throw contradiction(name);
      tree[key] = value;
      return;
    }
    const inner = (tree[key] ??= emptyTree());
    if (typeof inner === 'string') throw contradiction(name);
    tree = inner;
  }
}

/** Without a prototype, so that no name that is sent can mean one of its fields. */
function emptyTree(): Tree {
  return Object.create(null) as Tree;
}

function contradiction(name: string): ApiError {
  return ApiError.parameter(`Invalid parameters: ${name} is both a value and an object.`, name);
}

/** @returns the same text for the same parameters, in whatever order they came */
export function canonical(tree: Tree): string {
  const sorted = Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify(sorted.map(([name, value]) => [name, typeof value === 'string' ? value : canonical(value)]));
}
