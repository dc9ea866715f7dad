import type { AccountRow, Books, DealRow, InstanceRow, ItemRow, KeptRow, Leg, PurchaseRow } from './books.js';
import type { SalesRow, TransferRow } from './books.js';
import { closedStates } from './deals.rules.js';
import type { Answered, Asked, Entry } from './recorder.js';

/** What is wrong between what was answered and what is so. Three empty lists and no drift are wanted. */
export interface Findings {
  /** What was acknowledged and is not there, or not as it was acknowledged. */
  lost: string[];
  /** What is there more than once, or without anybody having asked for it. */
  doubled: string[];
  /** What contradicts itself or another answer, or was never answered. */
  wrong: string[];
  /** Minor units by which all balances together differ from what the answers say. */
  drift: bigint;
  /** How often each kind of thing was seen: refusals by their kind and code, reads by what they read, replays. */
  seen: Map<string, number>;
  /** Requests that were refused, or whose deal was, of all that were made; reads and replays are not counted. */
  refused: number;
  asked: number;
  /** What became of the purchases that were asked for. */
  purchases: { asked: number; completed: number; refused: number; declined: number };
  /** Those of the purchases that were accepted in real money. */
  inMoney: number;
}

/** An answer, and when it came: a place in the record, as `from` and `until` are everywhere here. */
export interface Told extends Answered {
  place: number;
}

/** An operation with all its answers. */
export interface Operation {
  asked: Asked;
  place: number;
  answers: Told[];
}

/** The record and the books, by everything that they are looked up by. */
export interface Evidence {
  operations: Map<string, Operation>;
  transfers: Map<string, TransferRow>;
  /** The trades and the purchases, by id. */
  deals: Map<string, DealRow>;
  /** By titled key. */
  purchases: Map<string, PurchaseRow>;
  sales: readonly SalesRow[];
  items: readonly ItemRow[];
  instances: Map<string, InstanceRow>;
  /** By titled owner and asset. */
  accounts: Map<string, AccountRow>;
  /** By titled key. */
  outcomes: Map<string, KeptRow>;
  issues: Map<string, KeptRow>;
  /** By the id of a thing, or of a deal with ` closed` behind it, where in the record it was first acknowledged. */
  known: Map<string, number>;
}

/** Adds a sentence to one of the lists of the findings. */
export type Say = (list: 'lost' | 'doubled' | 'wrong', sentence: string) => void;

export function evidenceOf(entries: readonly Entry[], books: Books): Evidence {
  const operations = new Map<string, Operation>();
  const known = new Map<string, number>();
  const note = (name: string, place: number): void => void (known.has(name) || known.set(name, place));
  for (const [place, entry] of entries.entries()) {
    if (entry.entry === 'asked') operations.set(entry.id, { asked: entry, place, answers: [] });
    else {
      const operation = operations.get(entry.id);
      operation?.answers.push({ ...entry, place });
      if (operation !== undefined && entry.status < 300)
        for (const name of namesIn(operation.asked, entry)) note(name, place);
    }
  }
  const titled = <T extends { title: string; key: string }>(rows: readonly T[]): Map<string, T> =>
    new Map(rows.map((row) => [`${row.title} ${row.key}`, row]));
  return {
    operations,
    known,
    transfers: new Map(books.transfers.map((row) => [row.id, row])),
    deals: new Map([...books.trades, ...books.purchases].map((row) => [row.id, row])),
    purchases: titled(books.purchases),
    sales: books.sales,
    items: books.items,
    instances: new Map(books.instances.map((row) => [row.id, row])),
    accounts: new Map(books.accounts.map((row) => [`${row.title} ${row.owner} ${row.asset}`, row])),
    outcomes: titled(books.transferOutcomes),
    issues: titled(books.issues),
  };
}

/** What an answer of success acknowledges. */
function namesIn({ operation, read }: Asked, { body }: Answered): string[] {
  const shown = operation === 'read' ? (Array.isArray(body['data']) ? body['data'] : [body]) : [body];
  const rows = shown as Record<string, unknown>[];
  if (operation === 'compensate') return [];
  if (operation === 'read' && !/^(trade|purchase)s?$/.test(read?.what ?? '')) return [];
  return rows.flatMap((row) => {
    const id = String(row['id']);
    const ended = closedStates.includes(String(row['state'])) ? [`${id} closed`] : [];
    return [id, ...ended, ...(operation === 'burn' ? [`${id} burned`] : [])];
  });
}

/** Where in the record a transfer was first known to be booked, or infinity. */
export function transferKnown({ known, transfers }: Evidence, id: string): number {
  const row = transfers.get(id);
  const name = row?.kind === 'exchange' || row?.kind === 'paid' ? `${row.reference} closed` : id;
  return known.get(name) ?? Infinity;
}

/** The lowest version that an account can have had at a place of the record: what was acknowledged before is there. */
export function minVersion(evidence: Evidence, account: AccountRow, place: number): number {
  for (const { version, transfer } of account.entries.toReversed())
    if (transferKnown(evidence, transfer) < place) return version;
  return 0;
}

/** The lowest version that an instance can have had at a place of the record. */
export function minMovement({ known }: Evidence, { id, movements }: InstanceRow, place: number): number {
  const at = ({ kind, cause }: InstanceRow['movements'][number]): number =>
    (kind === 'mint' ? known.get(id) : kind === 'burn' ? known.get(`${id} burned`) : undefined) ??
    known.get(`${cause} closed`) ??
    Infinity;
  // A closed trade has ended its hold: its hold, and what ended that, are both there.
  return Math.max(0, ...movements.filter((movement) => at(movement) < place).map(({ version }) => version));
}

/** Who has an instance at a version, and how it stands. */
export function standing(
  { movements }: InstanceRow,
  version: number,
): { owner: string | null; state: string } | undefined {
  const last = movements[version - 1];
  if (last === undefined) return undefined;
  const state = last.kind === 'hold' ? 'held' : last.kind === 'burn' ? 'burned' : 'owned';
  return { owner: last.to ?? last.from, state };
}

export function legsText(legs: unknown): string {
  return (legs as Leg[]).map(({ from, to, asset, amount }) => `${from}>${to}:${asset}:${amount}`).join(', ');
}

export function codeOf({ body }: Pick<Answered, 'body'>): string {
  return String(body['code'] ?? String(body['type']).split(/[#/]/).at(-1));
}
