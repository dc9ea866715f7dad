import type { AccountRow, Books, DealRow, InstanceRow, ItemRow, KeptRow, Leg, PurchaseRow } from './books.js';
import type { SalesRow, TransferRow } from './books.js';
import { bookedLegs } from './absorbed.rules.js';
import { isOutsideTransfer, movedOutside, wantedMovements, type WantedMovement } from './outside.rules.js';
import { closedStates } from './deals.rules.js';
import type { FreezeRow, ProviderRefundRow, RefundRow } from './refund-books.js';
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
  /** What became of the refunds that were asked for, and how many of those accepted were of real money. */
  refunds: { asked: number; succeeded: number; turnedBack: number; declined: number; ofMoney: number };
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
  /** The trades, the purchases and the refunds, by id. */
  deals: Map<string, DealRow>;
  /** What is to be booked for each of them, by its id. */
  legs: Map<string, Leg[]>;
  /** By titled key. */
  purchases: Map<string, PurchaseRow>;
  refunds: Map<string, RefundRow>;
  /** By the ids of their purchases. */
  refundsOf: Map<string, RefundRow[]>;
  /** By the ids of the refunds that they were made for. */
  refundsAtProvider: Map<string, ProviderRefundRow[]>;
  /** By titled owner and asset. */
  freezes: Map<string, FreezeRow>;
  /** What is to be booked of what has moved at the provider without our asking. */
  outside: readonly WantedMovement[];
  /** The purchases whose money has moved so, or is disputed. */
  movedOutside: ReadonlySet<string>;
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
  const accounts = byAccount(books.accounts);
  const outcomes = titled(books.transferOutcomes);
  const deals = [...books.trades, ...books.purchases, ...books.refunds];
  return {
    operations,
    known,
    transfers: new Map(books.transfers.map((row) => [row.id, row])),
    deals: new Map(deals.map((row) => [row.id, row])),
    legs: bookedLegs(deals, books.transfers, accounts),
    purchases: titled(books.purchases),
    refunds: titled(books.refunds),
    refundsOf: grouped(books.refunds, ({ purchase }) => purchase),
    refundsAtProvider: grouped(
      books.provider.refunds.filter(({ metadata }) => metadata['refund'] !== undefined),
      ({ metadata }) => String(metadata['refund']),
    ),
    outside: wantedMovements(books.provider, (key) => outcomes.has(key)),
    movedOutside: movedOutside(books.provider),
    freezes: byAccount(books.freezes),
    sales: books.sales,
    items: books.items,
    instances: new Map(books.instances.map((row) => [row.id, row])),
    accounts,
    outcomes,
    issues: titled(books.issues),
  };
}

function grouped<T>(rows: readonly T[], nameOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(nameOf(row), [...(groups.get(nameOf(row)) ?? []), row]);
  return groups;
}

function byAccount<T extends { title: string; owner: string; asset: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [`${row.title} ${row.owner} ${row.asset}`, row]));
}

/** What an answer of success acknowledges. */
function namesIn({ operation, read }: Asked, { body }: Answered): string[] {
  const shown = operation === 'read' ? (Array.isArray(body['data']) ? body['data'] : [body]) : [body];
  const rows = shown as Record<string, unknown>[];
  if (operation === 'compensate') return [];
  if (operation === 'read' && !/^(trade|purchase|refund)s?$/.test(read?.what ?? '')) return [];
  return rows.flatMap((row) => {
    const id = String(row['id']);
    const ended = closedStates.includes(String(row['state'])) ? [`${id} closed`] : [];
    return [id, ...ended, ...(operation === 'burn' ? [`${id} burned`] : [])];
  });
}

/** Where in the record a transfer was first known to be booked, or infinity. */
export function transferKnown({ known, transfers }: Evidence, id: string): number {
  const row = transfers.get(id);
  // Nobody is told when what has moved at the provider is booked.
  if (row !== undefined && isOutsideTransfer(row)) return Infinity;
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
