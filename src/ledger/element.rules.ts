import type { Debit } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';
import { clearingForm, codeForm, currencyForm, idPrefixes, ownerForm, whole } from '../forms.js';
import { uuidOf } from '../ids.js';
import { largestAmount } from './account-names.rules.js';
import type { TransferElement, TransferKind, TransferLeg } from './ledger.types.js';

/** The most legs that one transfer can have. */
export const maxLegs = 100;
/** The most legs that a transfer of a caller can be asked to have whose losses are written off. */
export const maxWriteOffLegs = maxLegs / 2;

const titlePattern = whole(codeForm);
const keyPattern = /^[\x20-\x7e]{1,400}$/;
const textPattern = /^[^\p{Cc}\p{Cs}]{1,512}$/u;

/** What a leg can name. */
interface LegForms {
  from: RegExp;
  to: RegExp;
  asset: RegExp;
}

const legForms: LegForms = { from: whole(ownerForm), to: whole(ownerForm), asset: whole(codeForm) };

/** Whatever is `paid` comes from an account that is never short, because funds can refuse nothing of it. */
const paidForms: LegForms = {
  from: whole(`(system:mint|${clearingForm})`),
  to: whole(`(${ownerForm}|${clearingForm})`),
  asset: whole(`(${codeForm}|${currencyForm})`),
};

/** What a saga takes back from players may be money, and may be taken back from whomever it went to. */
const forcedForms: LegForms = {
  from: whole(`(${ownerForm}|${clearingForm})`),
  to: whole(`(${ownerForm}|${clearingForm})`),
  asset: whole(`(${codeForm}|${currencyForm})`),
};

function formsOf(kind: TransferKind, forced: boolean): LegForms {
  if (forced && kind !== 'transfer') return forcedForms;
  return kind === 'paid' ? paidForms : legForms;
}

/**
 * Asserts that an outcome can be kept for the element at all.
 * @throws Error if its title, its key, what it reverses or the parts are not such as Veltrix makes, which only a
 *   mistake in Veltrix can bring about
 */
export function assertKeepable({ title, key, reverses, kind, parts, legs }: TransferElement): void {
  if (!titlePattern.test(title) || !keyPattern.test(key))
    throw new Error('An element has a title or a key that Veltrix does not make.');
  if ((reverses !== undefined) !== (kind === 'reversal'))
    throw new Error(`${key}: a reversal says what it reverses, and nothing else does.`);
  if (reverses !== undefined && uuidOf(idPrefixes.transfer, reverses) === undefined)
    throw new Error(`${reverses} is not the id of a transfer.`);
  if (parts !== undefined && (kind !== 'reversal' || parts.length !== legs.length))
    throw new Error(`${key}: a reversal has a part for each of its legs, and nothing else has parts.`);
}

/**
 * Why an element can never be booked, whatever the books say, or undefined. It is asked before any SQL, so that one
 * element which the database would choke on is refused by itself and its neighbours go on.
 */
export function malformed({ legs, reason, reference, kind, debit }: TransferElement): Refusal | undefined {
  const found =
    malformedText(reason) ??
    (reference === undefined ? undefined : malformedText(reference)) ??
    malformedLegs(legs, formsOf(kind, debit !== undefined)) ??
    (debit === undefined ? undefined : malformedDebit(legs, kind, debit));
  return found === undefined ? undefined : { code: 'validation-failed', detail: found };
}

function malformedText(text: unknown): string | undefined {
  return typeof text === 'string' && textPattern.test(text)
    ? undefined
    : 'The reason and the reference of a transfer are 1 to 512 characters without control characters.';
}

function malformedLegs(legs: readonly TransferLeg[], forms: LegForms): string | undefined {
  if (!Array.isArray(legs) || legs.length < 1 || legs.length > maxLegs) return `A transfer has 1 to ${maxLegs} legs.`;
  for (const [index, leg] of legs.entries()) {
    const found = malformedLeg(leg as TransferLeg, forms);
    if (found !== undefined) return `Leg ${index}: ${found}`;
  }
  return undefined;
}

function malformedLeg({ from, to, asset, amount }: TransferLeg, forms: LegForms): string | undefined {
  if (!matches(forms.from, from) || !matches(forms.to, to)) return 'this is not an owner that such a leg can name.';
  if (from === to) return 'an amount moves between two owners.';
  if (!matches(forms.asset, asset)) return 'this is not the code of an asset.';
  if (typeof amount !== 'bigint' || amount < 1n || amount > largestAmount)
    return `an amount is from 1 to ${largestAmount} minor units.`;
  return undefined;
}

/**
 * A leg from a player whose loss is written off becomes two. No account may come to have more entries of one transfer
 * than a transfer has legs, so a caller has half of them, and a saga writes nothing off of what a player gets.
 */
function malformedDebit(legs: readonly TransferLeg[], kind: TransferKind, debit: Debit): string | undefined {
  if (kind === 'reversal') return 'A reversal forces nothing.';
  if (debit.policy === 'debt' || debit.policy === 'freeze') return undefined;
  if (!matches(/^system:(mint|store|fees)$/, debit.writeOff))
    return 'A loss is written off against mint, store or fees.';
  if (kind === 'transfer' && legs.length > maxWriteOffLegs)
    return `A transfer that writes losses off has at most ${maxWriteOffLegs} legs.`;
  const given = legs.filter(({ from }) => from.startsWith('player:'));
  if (kind !== 'transfer' && given.some(({ to }) => to.startsWith('player:')))
    return 'A saga writes nothing off of what goes from player to player.';
  const received = given.some(({ to }) => to === debit.writeOff);
  return received ? 'Nobody writes off what they would receive themselves.' : undefined;
}

/** Activity payloads are not checked against their types at run time. */
function matches(pattern: RegExp, text: unknown): boolean {
  return typeof text === 'string' && pattern.test(text);
}
