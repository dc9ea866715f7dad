import type { Books } from '../books/books.js';
import { ApiError } from '../wire/api-error.js';
import { wireCharge, wireDispute, wireIntent, wirePayout, wireRefund, wireTransaction } from '../wire/objects.js';

type Fields = Record<string, unknown>;

/** The objects that an answer may have in place of their ids, by the field that names them. */
const readers: Record<string, (books: Books, id: string) => Fields | undefined> = {
  latest_charge: (books, id) => wired(books.get('charge', id), wireCharge),
  charge: (books, id) => wired(books.get('charge', id), wireCharge),
  payment_intent: (books, id) => wired(books.get('intent', id), wireIntent),
  balance_transaction: (books, id) => wired(books.get('transaction', id), wireTransaction),
  source: (books, id) =>
    wired(books.get('charge', id), wireCharge) ??
    wired(books.get('refund', id), wireRefund) ??
    wired(books.get('dispute', id), (dispute) => wireDispute(books, dispute)) ??
    wired(books.get('payout', id), wirePayout),
};

function wired<Value>(value: Value | undefined, wire: (value: Value) => Fields): Fields | undefined {
  return value && wire(value);
}

/**
 * Puts objects in place of their ids, for paths such as `latest_charge.balance_transaction` and, in lists,
 * `data.latest_charge`.
 * @throws ApiError 400 for a path that leads nowhere
 */
export function expand(books: Books, body: unknown, paths: string[]): unknown {
  return paths.reduce((expanded, path) => along(books, expanded, path.split('.')), body);
}

function along(books: Books, value: unknown, path: string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => along(books, one, path));
  if (typeof value !== 'object' || !Object.hasOwn(value, name)) throw cannotExpand(name);
  const fields = value as Fields;
  const inner = fields[name];
  if (typeof inner !== 'string') return { ...fields, [name]: along(books, inner, rest) };
  const object = readers[name]?.(books, inner);
  if (object === undefined) throw cannotExpand(name);
  return { ...fields, [name]: along(books, object, rest) };
}

function cannotExpand(name: string): ApiError {
  return ApiError.parameter(`This property cannot be expanded (${name}).`, 'expand');
}
