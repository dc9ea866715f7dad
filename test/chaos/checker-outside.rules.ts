import type { Books, TransferRow } from './books.js';
import { legsText, type Evidence, type Say } from './evidence.rules.js';
import { disputeStateOf, goneBack, isOutsideTransfer } from './outside.rules.js';

/*
 * Money that has moved at the provider without our asking: each movement is kept once and booked once, to the minor
 * unit, and nothing else is.
 */

/** Holds what is kept and booked of such movements to the provider's own books. */
export function checkOutside(books: Books, evidence: Evidence, say: Say): void {
  checkBooked(evidence, say);
  checkKept(books, evidence, say);
  checkDisputes(books, say);
  for (const { id, state, reference, returned } of books.payments) {
    if (state !== 'captured') continue;
    const wanted = goneBack(reference, books.provider);
    if (BigInt(returned) !== wanted)
      say('wrong', `${id} says that ${returned} have gone back, and at the provider ${wanted} have`);
  }
}

/** How often each kind of movement was booked, and how often a dispute came to each state, by the names in a report. */
export function seenOutside({ disputes }: Books, { outside }: Evidence): Map<string, number> {
  const seen = new Map<string, number>();
  const names = [
    ...outside.map(({ kind }) => `outside: ${kind}`),
    ...disputes.map(({ state }) => `outside: a dispute that is ${state}`),
  ];
  for (const name of names) seen.set(name, (seen.get(name) ?? 0) + 1);
  return seen;
}

function checkBooked({ outside, outcomes, transfers }: Evidence, say: Say): void {
  const wanted = new Set<string>();
  for (const { title, kind, key, purchase, leg } of outside) {
    const row = transfers.get(String(outcomes.get(`${title} ${key}`)?.id));
    if (row === undefined) {
      say('lost', `${key} of ${purchase} has moved at the provider, and it is not booked`);
      continue;
    }
    wanted.add(row.id);
    const said = ({ title, reason, reference, legs }: Pick<TransferRow, 'title' | 'reason' | 'reference' | 'legs'>) =>
      `${reason} of ${reference} of ${title} by ${legsText(legs)}`;
    const [got, asked] = [said(row), said({ title, reason: kind, reference: purchase, legs: [leg] })];
    if (got !== asked) say('wrong', `${row.id} books ${got}, and the provider has moved ${asked}`);
  }
  for (const row of transfers.values())
    if (isOutsideTransfer(row) && !wanted.has(row.id))
      say('doubled', `${row.id} books ${row.reason} of ${row.reference}, which the provider has not moved, or once`);
}

function checkKept({ outside: kept }: Books, { outside }: Evidence, say: Say): void {
  const wanted = new Map(outside.map((one) => [`${one.title} ${one.key}`, one]));
  for (const { title, kind, reference, payment, booked } of kept) {
    const name = `${title} ${kind}/${reference}`;
    const one = wanted.get(name);
    wanted.delete(name);
    if (one === undefined) say('doubled', `${name} is kept, and the provider has not moved it`);
    else if (one.purchase !== payment) say('wrong', `${name} is kept for ${payment}, and it is of ${one.purchase}`);
    if (!booked) say('lost', `${name} is kept, and waits to be booked`);
  }
  for (const name of wanted.keys()) say('lost', `${name} has moved at the provider, and it is not kept`);
}

function checkDisputes({ disputes, provider }: Books, say: Say): void {
  const kept = new Map(disputes.map((one) => [`${one.title} ${one.reference}`, one]));
  const purchases = new Map(provider.intents.map(({ reference, metadata }) => [reference, metadata['purchase']]));
  for (const { title, reference, intent, status } of provider.disputes) {
    const row = kept.get(`${title} ${reference}`);
    kept.delete(`${title} ${reference}`);
    const state = disputeStateOf(status);
    if (row === undefined) say('lost', `${reference} of ${title} is ${state}, and it is not kept`);
    else if (row.state !== state || row.payment !== purchases.get(intent))
      say('wrong', `${reference} of ${purchases.get(intent)} is ${state}, and is kept ${row.state} of ${row.payment}`);
  }
  for (const name of kept.keys()) say('wrong', `${name} is kept, and the provider has no such dispute`);
}
