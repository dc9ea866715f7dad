import type { Json } from '../document.js';
import { accountOracles, fits, newestFirst } from './account-oracles.js';
import { disputeOracles } from './dispute-oracles.js';
import { boughtProducts } from './purchases.js';
import { addRefund, refundOracles } from './refunds.js';
import { players, release, tradeReferences, transferReferences } from './seed.js';
import { tell } from './tell.js';
import type { MadeTransfer, World } from './world.js';

/** What is asked of a list: the values of its path and of its filters. */
export type Asked = Readonly<Record<string, string>>;

/** What a list must show, said by filtering what the test has made. */
export interface ListOracle {
  /** The values that are tried for each parameter of the path. */
  path?: Readonly<Record<string, (world: World) => string[]>>;
  /** The values that are tried for each filter. */
  filters?: Readonly<Record<string, readonly string[] | ((world: World) => readonly string[])>>;
  /** What is compared of a row; by `rows` for what must be there. */
  shown(row: Json): unknown;
  /** The rows, newest first. */
  rows(world: World, asked: Asked): unknown[];
  /** Makes a row that belongs at the head of what is asked for. */
  add(world: World, asked: Asked): Promise<unknown>;
  /** Whether a row can be made there at all; a burned instance moves no more. */
  canAdd?(world: World, asked: Asked): boolean;
  /** Whether a page may have fewer rows than its limit although there is a next one. */
  mayBeShort?(asked: Asked): boolean;
}

/** One on either side, one always on the second, and one who takes part in nothing. */
const someOfThem = ['ann', 'dan', 'eve'];
let added = 0;
const newCode = (): string => `added-${++added}`;
interface Entry extends Json {
  asset: string;
  version: number;
  amount: string;
  posted: string;
}

/** Every entry of a player, oldest first, counted anew from all transfers. */
export function entriesOf(world: World, player: string): Entry[] {
  const entries: Entry[] = [];
  for (const { id: transfer, legs, createdAt } of world.transfers) {
    for (const { from, to, asset, amount } of legs) {
      for (const [owner, change] of [
        [from, `-${amount}`],
        [to, amount],
      ] as const) {
        if (owner !== `player:${player}`) continue;
        const before = entries.findLast((entry) => entry.asset === asset);
        const posted = String(BigInt(before?.posted ?? '0') + BigInt(change));
        entries.push({
          asset,
          version: (before?.version ?? 0) + 1,
          amount: change,
          posted,
          available: posted,
          transfer,
          createdAt,
        });
      }
    }
  }
  return entries;
}

const takesPart = ({ legs }: MadeTransfer, player: string): boolean =>
  legs.some(({ from, to }) => from === `player:${player}` || to === `player:${player}`);

/** Every list with pages, by its path. */
export const listOracles: Readonly<Record<string, ListOracle>> = {
  '/v1/titles': {
    shown: ({ id, name }) => ({ id, name }),
    rows: ({ installation }) => newestFirst(installation.titles).map((id) => ({ id, name: `The ${id}` })),
    add: ({ installation }) => installation.makeWorld(newCode(), 1),
  },
  '/v1/titles/{title}/keys': {
    path: { title: ({ title }) => [title] },
    shown: ({ name, revokedAt }) => ({ name, revoked: revokedAt !== null }),
    rows: ({ keys }) => newestFirst(keys).map((name) => ({ name, revoked: name === 'revoked' })),
    add: (world) => world.makeApiKey(newCode()),
  },
  '/v1/assets': {
    shown: ({ code, name }) => ({ code, name }),
    rows: ({ assets, title, factor }) =>
      newestFirst(assets).map((code) => ({
        code,
        name: code === 'gold' ? `Gold ${factor - 1} of ${title}` : `${code} of ${title}`,
      })),
    add: (world) => world.define('assets', newCode()),
  },
  '/v1/items': {
    shown: ({ code, name }) => ({ code, name }),
    rows: ({ items, title, factor }) =>
      newestFirst(items).map((code) => ({
        code,
        name: code === 'sword' ? `Sword ${factor - 1} of ${title}` : `${code} of ${title}`,
      })),
    add: (world) => world.define('items', newCode()),
  },
  '/v1/products': {
    filters: { state: ['draft', 'published', 'withdrawn'] },
    shown: ({ code, version, state, name }) => ({ code, version, state, name }),
    rows: ({ products }, { state }) =>
      newestFirst(products)
        .filter((product) => fits(state, product.state))
        .map(({ code, versions, state: now }) => ({
          code,
          version: versions.length,
          state: now,
          name: versions.at(-1),
        })),
    add: (world, { state = 'draft' }) => world.product(newCode(), state as 'draft'),
  },
  '/v1/products/{code}/versions': {
    path: { code: ({ products }) => products.map(({ code }) => code) },
    shown: ({ version, name }) => ({ version, name }),
    rows: ({ products }, { code }) =>
      newestFirst(
        (products.find((one) => one.code === code)?.versions ?? []).map((name, index) => ({
          version: index + 1,
          name,
        })),
      ),
    async add(world, { code = '' }) {
      const product = world.products.find((one) => one.code === code);
      await world.must('POST', `/v1/products/${code}/publish`);
      product?.versions.push(await world.draft(code, product.versions.length + 1));
    },
  },
  '/v1/transfers': {
    filters: { reference: transferReferences, player: players },
    shown: ({ id, legs, reference, createdAt }) => ({
      id,
      legs: (legs as Json[]).map(({ reversed: _, ...leg }) => leg),
      ...(reference !== undefined && { reference }),
      createdAt,
    }),
    rows: ({ transfers }, { reference, player }) =>
      newestFirst(transfers)
        .filter((one) => fits(reference, one.reference) && (player === undefined || takesPart(one, player)))
        .map(({ id, legs, reference: of, createdAt }) => ({
          id,
          legs,
          ...(of !== undefined && { reference: of }),
          createdAt,
        })),
    add: (world, { reference, player = 'ann' }) => world.transfer([`system:mint player:${player} gold 1`], reference),
  },
  '/v1/players/{player}/entries': {
    path: { player: () => players },
    filters: { asset: ['gold', 'gem', 'dust', 'nothing'] },
    shown: (row) => row,
    rows: (world, { player = '', asset }) =>
      newestFirst(entriesOf(world, player)).filter((entry) => fits(asset, entry.asset)),
    add: (world, { player = '', asset = 'gold' }) => world.transfer([`system:mint player:${player} ${asset} 1`]),
  },
  ...accountOracles,
  ...disputeOracles,
  ...refundOracles,
  '/v1/players/{player}/item-instances': {
    path: { player: () => players },
    shown: ({ id, owner, state, version, properties }) => ({ id, owner, state, version, properties }),
    rows: ({ instances, title }, { player }) =>
      newestFirst(instances)
        .filter(({ owner, state }) => owner === `player:${player}` && state !== 'burned')
        .map(({ id, owner, state, movements }) => ({
          id,
          owner,
          state,
          version: movements.length,
          properties: { of: title },
        })),
    add: (world, { player }) => world.mint('sword', `player:${player}`),
  },
  '/v1/item-instances/{id}/movements': {
    path: { id: ({ instances }) => instances.map(({ id }) => id) },
    shown: ({ createdAt: _, ...row }) => row,
    rows: ({ instances }, { id }) =>
      newestFirst(
        (instances.find((one) => one.id === id)?.movements ?? []).map((movement, index) => ({
          version: index + 1,
          ...movement,
        })),
      ),
    canAdd: ({ instances }, { id }) => instances.some((one) => one.id === id && one.state === 'owned'),
    async add(world, { id }) {
      const instance = world.instances.find((one) => one.id === id);
      if (instance !== undefined) await release(world, instance);
    },
  },
  '/v1/trades': {
    filters: {
      player: someOfThem,
      state: ['accepted', 'settled', 'refused', 'stuck', 'compensated'],
      reference: tradeReferences,
    },
    shown: ({ id, state, reference, parties }) => ({
      id,
      state,
      reference,
      players: (parties as { player: string }[]).map(({ player }) => player),
    }),
    rows: ({ trades }, { player, state, reference }) =>
      newestFirst(trades)
        .filter(
          (trade) =>
            (player === undefined || trade.players.includes(player)) &&
            fits(state, trade.state) &&
            fits(reference, trade.reference),
        )
        .map((trade) => ({ id: trade.id, state: trade.state, reference: trade.reference, players: trade.players })),
    async add(world, { player = 'ann', state = 'accepted', reference }) {
      await world.end(await world.trade('zoe', player, reference), state);
    },
  },
  '/v1/purchases': {
    filters: {
      player: ['ann', 'eve'],
      product: boughtProducts,
      state: ['accepted', 'completed', 'refused', 'stuck', 'compensated'],
      reference: tradeReferences,
    },
    shown: ({ id, state, reference, player, product, quantity, pay }) => ({
      id,
      state,
      reference,
      player,
      product,
      quantity,
      pay,
    }),
    rows: ({ purchases }, { player, product, state, reference }) =>
      newestFirst(purchases)
        .filter(
          (one) =>
            fits(player, one.players[0]) &&
            fits(product, one.product) &&
            fits(state, one.state) &&
            fits(reference, one.reference),
        )
        .map(({ id, state: now, reference: of, players: [buyer], product: bought, quantity, pay, refunding }) => ({
          id,
          state: refunding ? 'refunding' : now,
          reference: of,
          player: buyer,
          product: bought,
          quantity,
          pay,
        })),
    async add(world, { player = 'ann', product = 'potion', state = 'accepted', reference }) {
      await world.end(await world.purchase(player, product, 1, reference), state);
    },
  },
  '/v1/sagas': {
    filters: {
      player: someOfThem,
      state: ['running', 'stuck', 'compensating', 'parked', 'ended'],
      kind: ['trade', 'purchase', 'refund'],
    },
    shown: ({ id, kind, state, players: of, deal }) => ({
      id,
      kind,
      state,
      players: of,
      deal: (deal as { state: string }).state,
    }),
    rows: ({ sagas }, { player, state, kind }) =>
      [...sagas]
        .sort((a, b) => (a.id.slice(4) < b.id.slice(4) ? 1 : -1))
        .filter(
          (saga) =>
            (player === undefined || saga.players.includes(player)) && fits(state, saga.state) && fits(kind, saga.kind),
        )
        .map(({ id, kind: of, state: now, players: all, dealState }) => ({
          id,
          kind: of,
          state: now,
          players: all,
          deal: dealState,
        })),
    async add(world, { player = 'ann', state = 'running', kind = 'trade' }) {
      const add = {
        trade: () => world.trade('zoe', player),
        purchase: () => world.purchase(player, 'potion'),
        refund: () => addRefund(world, player),
      };
      const made = kind as keyof typeof add;
      const deal = await add[made]();
      const stands = state === 'stuck' || state === 'parked' ? {} : { stuckAt: null };
      await tell(world, deal, [{ state: state as 'running', ...stands }]);
      const done = { trade: 'settled', purchase: 'completed', refund: 'succeeded' };
      if (state === 'ended') await world.end(deal, done[made]);
    },
    // A saga that is in another state, looked at closely, leaves its place empty.
    mayBeShort: ({ state }) => state !== undefined,
  },
};
