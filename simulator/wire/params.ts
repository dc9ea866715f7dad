import { ApiError } from './api-error.js';
import type { Tree } from './form.js';

/** Bounds of a moment, in seconds. */
export type Range = Partial<Record<'gt' | 'gte' | 'lt' | 'lte', number>>;

/** Reads the parameters of a call and refuses in Stripe's words what it cannot use. */
export class Params {
  private readonly read = new Set<string>(['expand']);

  constructor(private readonly tree: Tree) {}

  /** @returns the text as it was sent, also an empty one */
  text(name: string): string | undefined {
    const value = this.take(name);
    if (typeof value === 'object')
      throw ApiError.parameter(`Invalid string: ${name}`, name, 'parameter_invalid_string');
    return value;
  }

  /** @throws ApiError 400 `parameter_missing` where it is not there or empty */
  needText(name: string): string {
    return present(this.text(name), name);
  }

  /** @throws ApiError 400 `parameter_invalid_integer` for what is no integer */
  integer(name: string): bigint | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,18}$/.test(value)) {
      throw ApiError.parameter(`Invalid integer: ${value}`, name, 'parameter_invalid_integer');
    }
    return BigInt(value);
  }

  /** @throws ApiError 400 `parameter_missing` where it is not there */
  needInteger(name: string): bigint {
    return present(this.integer(name), name);
  }

  /** @returns false where it is not sent */
  flag(name: string): boolean {
    return this.oneOf(name, ['true', 'false'] as const) === 'true';
  }

  /** @throws ApiError 400 for another value */
  oneOf<Value extends string>(name: string, values: readonly Value[]): Value | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = values.find((one) => one === value);
    if (found === undefined) throw ApiError.parameter(`Invalid ${name}: must be one of ${values.join(', ')}`, name);
    return found;
  }

  /** @returns what metadata becomes: a text that is empty takes its name away, and an empty parameter takes all */
  metadata(before: Record<string, string> = {}): Record<string, string> {
    const value = this.take('metadata');
    if (value === undefined) return before;
    if (value === '') return {};
    if (typeof value === 'string') throw ApiError.parameter('Invalid object', 'metadata');
    const after = new Map(Object.entries(before));
    for (const [name, text] of Object.entries(value)) {
      if (typeof text !== 'string' || name.length > 40 || text.length > 500) {
        throw ApiError.parameter('Metadata has names of at most 40 and values of at most 500 characters.', 'metadata');
      }
      if (text === '') after.delete(name);
      else after.set(name, text);
    }
    if (after.size > 50) throw ApiError.parameter('Metadata has at most 50 names.', 'metadata');
    return Object.fromEntries(after);
  }

  /** @returns the texts of an array; a single text is an array of one */
  list(name: string): string[] {
    const value = this.take(name);
    if (value === undefined) return [];
    const values = typeof value === 'string' ? [value] : Object.values(value);
    return values.map((one) => {
      if (typeof one !== 'string') throw ApiError.parameter(`Invalid array: ${name}`, name);
      return one;
    });
  }

  /** A moment by its bounds, `created[gte]=…`, or exactly, `created=…`. */
  range(name: string): Range {
    const value = this.take(name);
    if (value === undefined) return {};
    const bounds = typeof value === 'string' ? { gte: value, lte: value } : value;
    const range: Range = {};
    for (const [bound, text] of Object.entries(bounds)) {
      if (!isBound(bound) || typeof text !== 'string' || !/^\d{1,12}$/.test(text)) {
        throw ApiError.parameter(`Invalid ${name}: bounds are gt, gte, lt and lte, in seconds`, name);
      }
      range[bound] = Number(text);
    }
    return range;
  }

  /** @throws ApiError 400 where a parameter is sent beside one that excludes it */
  refuseBeside(name: string, ...others: string[]): void {
    const other = others.find((one) => this.tree[one] !== undefined);
    if (this.tree[name] === undefined || other === undefined) return;
    throw ApiError.parameter(`You may only specify one of these parameters: ${name}, ${other}.`, name);
  }

  /** What may be sent and changes nothing here. */
  ignore(...names: string[]): void {
    for (const name of names) this.read.add(name);
  }

  /** @throws ApiError 400 for a parameter that nobody has asked for */
  finish(): void {
    const unknown = Object.keys(this.tree).find((name) => !this.read.has(name));
    if (unknown === undefined) return;
    throw ApiError.parameter(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown');
  }

  private take(name: string): string | Tree | undefined {
    this.read.add(name);
    return this.tree[name];
  }
}

function isBound(name: string): name is keyof Range {
  return ['gt', 'gte', 'lt', 'lte'].includes(name);
}

function present<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined || value === '') {
    throw ApiError.parameter(`Missing required param: ${name}.`, name, 'parameter_missing');
  }
  return value;
}
