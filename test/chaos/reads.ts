import type { Read } from './recorder.js';
import { one, type Drawn, type Known } from './requests.js';

/** One read, and whether it is of something that belongs to the other title, and so is not to be found. */
export interface DrawnRead {
  read: Read;
  foreign: boolean;
}

type Make = (known: Known, drawn: Drawn) => Omit<Read, 'what'> | undefined;

const of = (id: unknown, filter: Record<string, string> = {}): Omit<Read, 'what'> | undefined =>
  id === undefined ? undefined : { of: String(id), filter };
const purchaseStates = ['completed', 'refused', 'accepted', 'compensated', 'requires_action', 'declined', 'expired'];
const refundStates = ['succeeded', 'refused', 'accepted', 'compensated', 'processing', 'failed', 'canceled'];
const states = ['settled', 'refused', 'accepted', 'compensated'];
const sagaStates = ['running', 'stuck', 'ended'];

/** What is narrowed by a player, by a reference, or by nothing, as it was drawn. */
function narrowed({ from, amount }: Drawn, reference: unknown): Record<string, string> {
  if (amount % 3 === 0 && typeof reference === 'string') return { reference };
  return amount % 3 === 1 ? {} : { player: from };
}

const reads: [what: Read['what'], make: Make][] = [
  ['transfer', (known, { pick }) => of(one(known.transfers, pick)?.answer['id'])],
  ['trade', (known, { pick }) => of(one(known.trades, pick)?.answer['id'])],
  ['purchase', (known, { pick }) => of(one(known.purchases, pick)?.answer['id'])],
  ['refund', (known, { pick }) => of(one(known.refunds, pick)?.answer['id'])],
  ['instance', (known, { pick }) => of(one(known.items, pick)?.id)],
  [
    'saga',
    ({ purchases, trades, refunds }, { pick, amount }) =>
      of(one([purchases, trades, refunds][amount % 3] ?? trades, pick)?.answer['id']),
  ],
  ['asset', () => of('gold')],
  ['item', () => of('sword')],
  ['product', () => of('potion')],
  ['balances', (_, { from }) => of(from)],
  ['entries', (_, { from, amount }) => of(from, amount % 2 === 0 ? { asset: 'gold' } : {})],
  ['instances', (_, { from }) => of(from)],
  ['movements', (known, { pick }) => of(one(known.items, pick)?.id)],
  ['transfers', (known, drawn) => of('', narrowed(drawn, one(known.transfers, drawn.pick)?.request.body['reference']))],
  [
    'trades',
    (known, drawn) => {
      const state: Record<string, string> = drawn.pick % 2 === 0 ? {} : { state: one(states, drawn.amount) as string };
      return of('', { ...narrowed(drawn, one(known.trades, drawn.pick)?.request.body['reference']), ...state });
    },
  ],
  [
    'purchases',
    (known, drawn) => {
      const before = one(known.purchases, drawn.pick)?.request.body;
      const more = [{}, { state: one(purchaseStates, drawn.amount) as string }, { product: before?.['product'] }][
        drawn.pick % 3
      ];
      return of('', { ...narrowed(drawn, before?.['reference']), ...(before && (more as Record<string, string>)) });
    },
  ],
  [
    'refunds',
    (known, { from, pick, amount }) => {
      const purchase = one(known.refunds, pick)?.answer['purchase'];
      const state = one(refundStates, amount) as string;
      const filters: Record<string, string>[] = [{}, { state }, { player: from }, { purchase: String(purchase) }];
      return purchase === undefined ? undefined : of('', filters[pick % 4]);
    },
  ],
  [
    'sagas',
    (_, { from, pick, amount }) =>
      of('', {
        ...(pick % 2 === 0 && { player: from }),
        ...(amount % 2 === 0 && { state: one(sagaStates, amount) as string }),
        ...(amount % 3 === 0 && { kind: one(['trade', 'purchase', 'refund'], pick) as string }),
      }),
  ],
  ['assets', () => of('')],
  ['items', () => of('')],
  ['products', () => of('')],
];
const own = new Set<Read['what']>(['transfer', 'trade', 'purchase', 'refund', 'instance', 'saga', 'movements']);

export const readKinds = reads.map(([what]) => what);

/** What one draw reads. @returns undefined where there is nothing to read yet */
export function drawRead(known: Known, other: Known, drawn: Drawn): DrawnRead | undefined {
  const [what, make] = one(reads, drawn.pick) as [Read['what'], Make];
  const foreign = own.has(what) && drawn.amount % 4 === 0;
  const made = make(foreign ? other : known, { ...drawn, pick: Math.floor(drawn.pick / reads.length) });
  return made && { read: { what, ...made }, foreign };
}

/** Where something is read. */
export function readPath({ what, of }: Read): string {
  const lists = {
    entries: `players/${of}/entries`,
    instances: `players/${of}/item-instances`,
    movements: `item-instances/${of}/movements`,
    balances: `players/${of}/balances`,
  };
  const ones = {
    transfer: 'transfers',
    trade: 'trades',
    purchase: 'purchases',
    refund: 'refunds',
    instance: 'item-instances',
    saga: 'sagas',
    asset: 'assets',
    item: 'items',
    product: 'products',
  };
  if (what in lists) return `/v1/${lists[what as keyof typeof lists]}`;
  return what in ones ? `/v1/${ones[what as keyof typeof ones]}/${of}` : `/v1/${what}`;
}
