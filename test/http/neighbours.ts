import type { Json } from './document.js';

/** A value that differs from another in exactly one place. */
export interface Neighbour {
  /** Where, with `*` for the place in a list, and how: for example `/legs two elements exchanged`. */
  place: string;
  value: unknown;
}

/** Words of which only the other one can stand in their place. */
const opposites = new Map([
  ['debt', 'refuse'],
  ['refuse', 'debt'],
  ['freeze', 'absorb'],
  ['absorb', 'freeze'],
  ['hot', 'full'],
  ['full', 'hot'],
  ['incremental', 'full'],
  ['plan', 'make'],
  ['make', 'plan'],
]);

/** Other values for a leaf, of which at least one can stand where it stands. */
function others(leaf: unknown): unknown[] {
  if (leaf === null) return [false, 'null'];
  if (typeof leaf === 'boolean') return [!leaf, String(leaf)];
  if (typeof leaf === 'number') {
    const next = Number.isSafeInteger(leaf) && leaf > 0 ? [leaf + 1] : [];
    return [leaf === 0 ? 1 : -leaf, ...next, String(leaf)];
  }
  const text = String(leaf);
  const lastDigit = text.replace(/[0-9a-f]$/, (digit) => ((parseInt(digit, 16) + 1) % 16).toString(16));
  return [opposites.get(text) ?? `${text}x`, `${text}1`, lastDigit, text.slice(0, -1)].filter(
    (other, index, all) => other !== text && all.indexOf(other) === index,
  );
}

/**
 * Everything that differs from a JSON value in one place: in a leaf, by an element or a member more or less, or by two
 * elements that have changed places.
 */
export function neighboursOf(value: unknown, path = ''): Neighbour[] {
  if (Array.isArray(value)) return ofList(value, path);
  if (typeof value === 'object' && value !== null) return ofObject(value as Json, path);
  return others(value).map((other) => ({ place: `${path} another value`, value: other }));
}

function ofList(list: readonly unknown[], path: string): Neighbour[] {
  const found: Neighbour[] = [];
  for (const [index, element] of list.entries()) {
    for (const { place, value } of neighboursOf(element, `${path}/*`)) {
      found.push({ place, value: list.with(index, value) });
      if (index === 0 && place.endsWith(' another value'))
        found.push({ place: `${path} an element more`, value: [...list, value] });
    }
    found.push({ place: `${path} an element less`, value: list.filter((_, other) => other !== index) });
    if (index === 0) continue;
    const swapped = list.with(index, list[index - 1]).with(index - 1, element);
    if (JSON.stringify(swapped) !== JSON.stringify(list))
      found.push({ place: `${path} two elements exchanged`, value: swapped });
  }
  return found;
}

function ofObject(object: Json, path: string): Neighbour[] {
  const found: Neighbour[] = [];
  for (const [name, member] of Object.entries(object)) {
    const { [name]: _, ...rest } = object;
    found.push({ place: `${path}/${name} left out`, value: rest });
    found.push({ place: `${path}/${name} under another name`, value: { ...rest, [`${name}x`]: member } });
    for (const { place, value } of neighboursOf(member, `${path}/${name}`))
      found.push({ place, value: { ...object, [name]: value } });
  }
  return found;
}

/**
 * The places in which requests with this body can differ and still be requests, by the schema of the body. A member
 * that may have any name is called `any`, and of several shapes the first one is asked for.
 */
export function placesOf(schema: Json, path = ''): string[] {
  const {
    anyOf: [first] = [],
    properties,
    additionalProperties,
    items,
    required = [],
  } = schema as {
    anyOf?: Json[];
    properties?: Record<string, Json>;
    additionalProperties?: Json | boolean;
    items?: Json;
    required?: string[];
  };
  if (first?.['properties'] !== undefined) return placesOf(first, path);
  if (items !== undefined) {
    const fixed = schema['minItems'] !== undefined && schema['minItems'] === schema['maxItems'];
    const changes = fixed
      ? ['two elements exchanged']
      : ['two elements exchanged', 'an element more', 'an element less'];
    return [...changes.map((change) => `${path} ${change}`), ...placesOf(items, `${path}/*`)];
  }
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, member]) => [
      ...(required.includes(name) ? [] : [`${path}/${name} left out`]),
      ...placesOf(member, `${path}/${name}`),
    ]);
  }
  if (typeof additionalProperties === 'object') {
    return [...['left out', 'under another name', 'another value'].map((change) => `${path}/any ${change}`)];
  }
  return [`${path} another value`];
}

/** The same JSON value with the members of every object in the opposite order. */
function turnedRound(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedRound);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turnedRound(member)]),
  );
}

/** A text of which every code unit is escaped. */
function escapedText(text: string): string {
  return text
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/**
 * Other JSON texts of the same value: other white space, another order of members, escapes where there need be none.
 */
export function respellingsOf(value: unknown): string[] {
  const turned = turnedRound(value);
  const escaped = JSON.stringify(turned).replace(
    /"(?:[^"\\]|\\.)*"/g,
    (token) => `"${escapedText(JSON.parse(token) as string)}"`,
  );
  return [
    JSON.stringify(value, null, 4),
    JSON.stringify(turned),
    ` ${JSON.stringify(turned, null, '\t')}\r\n`,
    escaped,
  ];
}
