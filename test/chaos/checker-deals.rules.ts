import type { DealRow, TransferRow } from './books.js';
import {
  closedStates,
  contentText,
  dealMints,
  dealMoves,
  isDone,
  isPurchase,
  isRefund,
  kindOf,
  orderText,
  rowState,
  transferKindOf,
} from './deals.rules.js';
import { refundText, unlikeOrder, unlikeRefunded } from './checker-refunds.rules.js';
import { isOutsideTransfer } from './outside.rules.js';
import { legsText, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';

/** Looks at one answer to a trade, a purchase or a refund. */
export function checkTold({ asked, place }: Operation, { status, body }: Told, evidence: Evidence, say: Say): void {
  if (status >= 300) return;
  const id = String(body['id']);
  const row = evidence.deals.get(id);
  if (row === undefined || row.title !== asked.title || row.key !== asked.key || kindOf(row) !== asked.operation)
    return say('lost', `${id} was acknowledged and is not there under its key`);
  if (isRefund(row)) {
    for (const fault of unlikeOrder(row, asked.body)) say('lost', `${id} was acknowledged, and it has ${fault}`);
  } else {
    const [wanted, kept] = [termsText(row, asked.body), termsText(row, row)];
    if (kept !== wanted || row.reference !== (asked.body['reference'] ?? null))
      say('lost', `${wanted} was acknowledged and ${kept} is kept`);
  }
  for (const fault of unlikeDeal(body, row)) say('wrong', `${id} was answered with ${fault}`);
  if (isPurchase(row))
    for (const fault of unlikeRefunded(body, row, place, evidence)) say('wrong', `${id} was answered ${fault}`);
}

/** What a deal that was answered says otherwise than its row; one that was open then may be closed now. */
export function unlikeDeal(body: Record<string, unknown>, row: DealRow): string[] {
  const [told, kept] = [termsText(row, body), termsText(row, row)];
  // The provider's id of a refund is told once it is known.
  const isClosed = closedStates.includes(String(body['state']));
  const isUntold = isRefund(row) && (!isClosed || row.found !== null);
  const reference = body['reference'] ?? (isUntold ? row.reference : null);
  const faults =
    told === kept && reference === row.reference
      ? []
      : [`the terms ${told} and the reference ${String(body['reference'])}`];
  if (isPurchase(row)) {
    const got = `version ${String(body['version'])} with ${contentText(body['content'])}`;
    const was = `version ${row.version} with ${contentText(row.content)}`;
    if (got !== was) faults.push(`${got}, and it is ${was}`);
  }
  const code = (body['reason'] as { code: string } | undefined)?.code ?? null;
  const state = String(body['state']);
  if (closedStates.includes(state) ? rowState(state) !== row.state || code !== row.code : code !== null)
    faults.push(`the state ${state} (${code}), and it ended ${row.state} (${row.code})`);
  return faults;
}

/** What is wanted of a deal, as a request, an answer or a row says it. */
function termsText(row: DealRow, said: object): string {
  if (isRefund(row)) return refundText(said);
  return isPurchase(row) ? orderText(said) : partiesText((said as { parties: unknown }).parties);
}

/** A request may leave out what nobody gives. */
function partiesText(parties: unknown): string {
  const sides = parties as {
    player: string;
    gives: { amounts?: { asset: string; amount: string }[]; items?: string[] };
  }[];
  return sides
    .map(({ player, gives: { amounts = [], items = [] } }) =>
      [player, ...amounts.map(({ asset, amount }) => `${amount} ${asset}`), ...items].join(' '),
    )
    .join(' for ');
}

/**
 * What a deal has moved and minted must be all that it says, once, or nothing; and it is told as accepted and as
 * closed, once.
 */
export function checkDeals({ deals, legs: wantedLegs, transfers, instances }: Evidence, say: Say): void {
  const booked = new Map<string | null, TransferRow[]>();
  for (const row of transfers.values()) {
    if ((row.kind === 'exchange' || row.kind === 'paid') && !isOutsideTransfer(row))
      booked.set(row.reference, [...(booked.get(row.reference) ?? []), row]);
  }
  for (const [reference, rows] of booked)
    if (!deals.has(String(reference))) say('doubled', `${rows[0]?.id} was booked for ${reference}, which is no deal`);
  const counted = { move: new Map<string, number>(), mint: new Map<string, number>() };
  for (const { movements } of instances.values())
    for (const { kind, cause } of movements)
      if (kind === 'move' || kind === 'mint') counted[kind].set(cause, (counted[kind].get(cause) ?? 0) + 1);
  for (const row of deals.values()) {
    const { id, title, state, accepted, closed } = row;
    const made = {
      transfers: booked.get(id) ?? [],
      moves: counted.move.get(id) ?? 0,
      mints: counted.mint.get(id) ?? 0,
    };
    const legs = wantedLegs.get(id) ?? [];
    const wanted = isDone(row)
      ? { transfers: legs.length > 0 ? 1 : 0, moves: dealMoves(row).length, mints: dealMints(row).length }
      : { transfers: 0, moves: 0, mints: 0 };
    if (made.transfers.length < wanted.transfers || made.moves < wanted.moves || made.mints < wanted.mints)
      say('lost', `${id} is ${state} and did not move all that it says`);
    if (made.transfers.length > wanted.transfers || made.moves > wanted.moves || made.mints > wanted.mints)
      say(
        'doubled',
        `${id} is ${state} and moved ${made.transfers.length} times legs and ${made.moves} items, ` +
          `and minted ${made.mints}`,
      );
    for (const transfer of made.transfers) {
      if (transfer.title !== title || legsText(transfer.legs) !== legsText(legs))
        say('wrong', `${id} of ${title} booked ${legsText(transfer.legs)} in ${transfer.title}`);
      if (transfer.kind !== transferKindOf(row))
        say('wrong', `${id} is booked by a transfer of the kind ${transfer.kind}`);
    }
    if (accepted !== 1 || closed !== 1)
      say(
        accepted > 1 || closed > 1 ? 'doubled' : 'lost',
        `${id} is told ${accepted} times as accepted and ${closed} times as closed`,
      );
    if (!closedStates.includes(state)) say('lost', `${id} was accepted and is ${state}`);
  }
}
