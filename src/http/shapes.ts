import { z } from 'zod';
import {
  codeForm,
  currencyForm,
  dealPrefixForm,
  idPrefixes,
  ownerForm,
  playerForm,
  uuidForm,
  whole,
} from '../forms.js';
import { scopes } from './scopes.js';

/**
 * A positive amount of minor units as a decimal string of at most 18 digits, so that it always fits a bigint column.
 */
export const amount = z
  .string()
  .regex(/^[1-9][0-9]{0,17}$/, 'must be a decimal string of 1 to 18 digits without sign, point or leading zero')
  .meta({ id: 'Amount', description: 'Minor units as a decimal string', examples: ['250'] });

/** An amount that may be nothing: a price of what is free, or what is owed where nothing is. */
export const amountOrZero = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,17})$/, 'must be a decimal string of 1 to 18 digits without sign, point or leading zero')
  .meta({ id: 'AmountOrZero', description: 'Minor units as a decimal string, or "0"', examples: ['250'] });

/** A balance as a decimal string: like an amount, but it may be zero, and of a system account negative. */
export const balanceAmount = z
  .string()
  .regex(/^(0|-?[1-9][0-9]{0,17})$/)
  .meta({ id: 'BalanceAmount', description: 'Minor units as a decimal string', examples: ['250'] });

/** The code of an asset or an item. */
export const code = z
  .string()
  .regex(whole(codeForm), 'must be 1 to 64 characters of a-z 0-9 _ -, beginning with a letter')
  .meta({ id: 'Code', examples: ['gold'] });

/** The code of an asset as it is read: one that the title has defined, or a currency that Veltrix has made. */
export const assetCode = z
  .string()
  .regex(whole(`(${codeForm}|${currencyForm})`), 'must be the code of an asset, or of a currency in ISO 4217')
  .meta({ id: 'AssetCode', examples: ['gold', 'EUR'] });

/** The id of a title. It has the shape of a code. */
export const titleId = z
  .string()
  .regex(whole(codeForm), 'must be 1 to 64 characters of a-z 0-9 _ -, beginning with a letter')
  .meta({ id: 'TitleId', examples: ['arena'] });

/** A player, as the title itself names them. */
export const playerId = z
  .string()
  .regex(whole(playerForm), 'must be 1 to 128 characters of A-Z a-z 0-9 . _ - other than one dot or two')
  .meta({ id: 'PlayerId', examples: ['ann'] });

/** Any owner that a caller may name. Clearing accounts belong to payments alone. */
export const owner = z
  .string()
  .regex(whole(ownerForm), 'must be player:<id> or system:mint, system:store or system:fees')
  .meta({ id: 'Owner', examples: ['player:ann', 'system:mint'] });

const loneSurrogate = /\p{Surrogate}/u;

/**
 * Text for people: 1 to `max` characters, no control characters, no lone surrogates, and in Unicode's composed form,
 * because what is stored and found again by equality must have one spelling. Its pattern is one that every language
 * compiles, so it names the control characters by their numbers.
 * @param max in code points, as JSON Schema counts them
 */
export function text(max: number): z.ZodString {
  const message = `must be 1 to ${max} characters without control characters`;
  return z
    .string()
    .regex(new RegExp(`^[^\\x00-\\x1f\\x7f-\\x9f]{1,${max}}$`, 'u'), message)
    .refine((value) => !loneSurrogate.test(value), message)
    .refine((value) => value.normalize('NFC') === value, 'must be in Unicode normalisation form C')
    .meta({ minLength: 1, maxLength: max });
}

function prefixedId(prefix: string, name: string): z.ZodString {
  return z
    .string()
    .regex(whole(`${prefix}_${uuidForm}`), `must be ${prefix}_ and a UUID`)
    .meta({ id: name, examples: [`${prefix}_0198c0de-7a11-7000-8000-000000000001`] });
}

/** The ids that Veltrix makes. */
export const instanceId = prefixedId(idPrefixes.instance, 'InstanceId');
export const purchaseId = prefixedId(idPrefixes.purchase, 'PurchaseId');
export const refundId = prefixedId(idPrefixes.refund, 'RefundId');
export const tradeId = prefixedId(idPrefixes.trade, 'TradeId');
export const transferId = prefixedId(idPrefixes.transfer, 'TransferId');
export const keyId = prefixedId(idPrefixes.key, 'KeyId');

/** The id of a deal of any kind. */
export const dealId = z
  .string()
  .regex(whole(`${dealPrefixForm}_${uuidForm}`), 'must be the prefix of a kind of deal, _ and a UUID')
  .meta({ id: 'DealId', examples: ['trd_0198c0de-7a11-7000-8000-000000000001'] });

/** A moment as Veltrix answers it: RFC 3339 in UTC. */
export const timestamp = z.iso.datetime().meta({ id: 'Timestamp', examples: ['2026-01-31T12:00:00.000Z'] });

/** A moment as a caller may send it: RFC 3339 with a zone, a date that exists, and a year of four digits in UTC too. */
export const sentTimestamp = z.iso
  .datetime({ offset: true })
  .refine((moment) => !hasFarYear(moment), 'must be within the years 0 to 9999 of UTC')
  .meta({ id: 'SentTimestamp', examples: ['2027-01-31T12:00:00Z'] });

/** What is no date at all has no year. It is refused for that. */
function hasFarYear(moment: string): boolean {
  const year = new Date(moment).getUTCFullYear();
  return year < 0 || year > 9999;
}

const currencies = new Set(Intl.supportedValuesOf('currency'));

/** A currency of real money. */
export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'must be the code of a currency in ISO 4217, in upper case')
  .refine((text) => currencies.has(text), 'must be a currency of ISO 4217')
  .meta({ id: 'Currency', examples: ['EUR'] });

/** A member of a flat object. */
export const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]).meta({ id: 'Scalar' });

/** Why something was refused or turned back. */
export const cause = z
  .strictObject({
    code: z.string().meta({ description: 'A code of /docs/errors', examples: ['insufficient-funds'] }),
    detail: z.string(),
  })
  .meta({ id: 'Cause' });

/** The run of a saga, and its page in the Temporal UI. */
export const workflow = z.strictObject({ id: z.string(), url: z.string() }).meta({ id: 'Workflow' });

/** One scope of a key. */
export const scope = z.enum(scopes).meta({ id: 'Scope' });

// A query is text. What Number() would make of " 7", "0x7" or "7e0" is not what anybody meant.
const limit = z.preprocess(
  (sent) => (typeof sent === 'string' && /^[1-9][0-9]{0,8}$/.test(sent) ? Number(sent) : sent),
  z.int().min(1).max(100),
);

const cursor = z.string().min(1).max(200).meta({ description: 'The `next` of the page before' });

/** The query of every list; a list with filters extends it. Unknown parameters are refused. */
export const listQuery = z.strictObject({
  limit: limit.default(50).meta({ description: 'How many are answered at most; 50 where it is missing' }),
  cursor: cursor.optional(),
});

/** The answer of a list whose elements have this shape. */
export function pageOf<T extends z.ZodType>(
  element: T,
): z.ZodObject<{ data: z.ZodArray<T>; next: z.ZodNullable<z.ZodString> }> {
  return z.strictObject({ data: z.array(element), next: z.string().nullable() });
}
