import type { TradeRow, TransferRow } from './books.js';
import {
  closedStates,
  legsText,
  tradeLegs,
  tradeMoves,
  type Evidence,
  type Operation,
  type Say,
  type Told,
} from './evidence.rules.js';

/** Looks at one answer to a trade. */
export function checkTold({ asked }: Operation, { status, body }: Told, { trades }: Evidence, say: Say): void {
  if (status >= 300) return;
  const id = String(body['id']);
  const row = trades.get(id);
  if (row === undefined || row.title !== asked.title || row.key !== asked.key)
    return say('lost', `${id} was acknowledged and is not there under its key`);
  const wanted = partiesText(asked.body['parties']);
  if (partiesText(row.parties) !== wanted || row.reference !== (asked.body['reference'] ?? null))
    say('lost', `${wanted} was acknowledged and ${partiesText(row.parties)} is kept`);
  for (const fault of unlikeTrade(body, row)) say('wrong', `${id} was answered with ${fault}`);
}

/** What a trade that was answered says otherwise than its row; one that was open then may be closed now. */
export function unlikeTrade(body: Record<string, unknown>, row: TradeRow): string[] {
  const [told, kept] = [partiesText(body['parties']), partiesText(row.parties)];
  const faults =
    told === kept && (body['reference'] ?? null) === row.reference
      ? []
      : [`the parties ${told} and the reference ${String(body['reference'])}`];
  const code = (body['reason'] as { code: string } | undefined)?.code ?? null;
  const state = String(body['state']);
  if (closedStates.includes(state) ? state !== row.state || code !== row.code : code !== null)
    faults.push(`the state ${state} (${code}), and it ended ${row.state} (${row.code})`);
  return faults;
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
 * What a trade has moved must be all that it says, once, or nothing; and it is told as accepted and as closed, once.
 */
export function checkTrades({ trades, transfers, instances }: Evidence, say: Say): void {
  const booked = new Map<string | null, TransferRow[]>();
  for (const row of transfers.values()) {
    if (row.kind === 'exchange') booked.set(row.reference, [...(booked.get(row.reference) ?? []), row]);
  }
  for (const [reference, rows] of booked)
    if (!trades.has(String(reference))) say('doubled', `${rows[0]?.id} was booked for ${reference}, which is no trade`);
  const moved = new Map<string, number>();
  for (const { movements } of instances.values())
    for (const { kind, cause } of movements) if (kind === 'move') moved.set(cause, (moved.get(cause) ?? 0) + 1);
  for (const row of trades.values()) {
    const { id, title, state, accepted, closed } = row;
    const made = { transfers: booked.get(id) ?? [], moves: moved.get(id) ?? 0 };
    const legs = tradeLegs(row);
    const wanted =
      state === 'settled'
        ? { transfers: legs.length > 0 ? 1 : 0, moves: tradeMoves(row).length }
        : { transfers: 0, moves: 0 };
    if (made.transfers.length < wanted.transfers || made.moves < wanted.moves)
      say('lost', `${id} is ${state} and did not move all that it says`);
    if (made.transfers.length > wanted.transfers || made.moves > wanted.moves)
      say('doubled', `${id} is ${state} and moved ${made.transfers.length} times legs and ${made.moves} items`);
    for (const transfer of made.transfers) {
      if (transfer.title !== title || legsText(transfer.legs) !== legsText(legs))
        say('wrong', `${id} of ${title} booked ${legsText(transfer.legs)} in ${transfer.title}`);
    }
    if (accepted !== 1 || closed !== 1)
      say(
        accepted > 1 || closed > 1 ? 'doubled' : 'lost',
        `${id} is told ${accepted} times as accepted and ${closed} times as closed`,
      );
  }
}
