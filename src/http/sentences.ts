import { z } from 'zod';

type Issue = Parameters<NonNullable<ReturnType<typeof z.config>['customError']>>[0];

const types: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
  date: 'a moment',
};

const units: Readonly<Record<string, [one: string, many: string]>> = {
  string: ['character', 'characters'],
  array: ['element', 'elements'],
  set: ['element', 'elements'],
};

/** What is wrong with a value, in the words of this API, where its schema does not say it itself. */
export function sentenceOf(issue: Issue): string {
  const { code, input } = issue as Issue & { input?: unknown };
  if (code === 'invalid_type') {
    if (input === undefined) return 'is missing';
    return `must be ${types[(issue as { expected: string }).expected] ?? 'of another type'}`;
  }
  if (code === 'too_small' || code === 'too_big') return boundOf(code, issue as unknown as Bound);
  if (code === 'invalid_value') return `must be ${oneOf((issue as unknown as { values: unknown[] }).values)}`;
  if (code === 'unrecognized_keys') return 'is not known here';
  if (code === 'invalid_union') return 'has none of the shapes that it may have';
  if (code === 'invalid_format') return formatOf((issue as unknown as { format: string }).format);
  return 'is not valid';
}

interface Bound {
  origin: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
  inclusive?: boolean;
}

function boundOf(code: 'too_small' | 'too_big', { origin, minimum, maximum, inclusive = true }: Bound): string {
  const bound = code === 'too_small' ? minimum : maximum;
  const [one, many] = units[origin] ?? [];
  if (one !== undefined)
    return `must have ${bound} ${Number(bound) === 1 ? one : many} at ${code === 'too_small' ? 'least' : 'most'}`;
  const [least, most] = inclusive ? ['at least', 'at most'] : ['more than', 'less than'];
  return `must be ${code === 'too_small' ? least : most} ${bound}`;
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value));
  return shown.length === 1 ? String(shown[0]) : `one of ${shown.join(', ')}`;
}

function formatOf(format: string): string {
  if (format === 'datetime') return 'must be a moment in RFC 3339 with a zone, such as 2027-01-31T12:00:00Z';
  return 'does not have the form that it must have';
}

/** Has every schema say what is wrong by `sentenceOf`. What a schema says by itself stays. */
export function speakOurselves(): void {
  z.config({ customError: sentenceOf });
}
