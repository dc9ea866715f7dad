import type { DealTable, Handover, Leg, Ought } from './deals.types.js';

/*
 * What deals ought to move, as their rows say it. It is said here once more, apart from the services that have moved
 * it, so that a mistake of theirs is found.
 */

interface Amount {
  asset: string;
  amount: string;
}

interface Party {
  player: string;
  gives: { amounts: Amount[]; items: string[] };
}

const mint = 'system:mint';
const store = 'system:store';
const playerOf = (player: unknown): string => `player:${String(player)}`;

function legOf(from: string, to: string, { asset, amount }: Amount): Leg {
  return { from, to, asset, amount: BigInt(amount) };
}

function oughtOfTrade(terms: Record<string, unknown>): Ought {
  const [a, b] = terms['parties'] as [Party, Party];
  const sides = [
    [a, b],
    [b, a],
  ] as const;
  return {
    legs: sides.flatMap(([giver, receiver]) =>
      giver.gives.amounts.map((one) => legOf(playerOf(giver.player), playerOf(receiver.player), one)),
    ),
    handovers: sides.flatMap(([giver, receiver]) =>
      giver.gives.items.map((instance) => ({
        instance,
        from: playerOf(giver.player),
        to: playerOf(receiver.player),
      })),
    ),
    paid: null,
    sparedPlayer: null,
  };
}

interface Content {
  amounts: Amount[];
  items: { item: string; instances: string[] }[];
}

type Pay = Amount | { currency: string; amount: string; provider: string };

function oughtOfPurchase(terms: Record<string, unknown>): Ought {
  const player = playerOf(terms['player']);
  const pay = terms['pay'] as Pay;
  const content = terms['content'] as Content;
  const price =
    'currency' in pay
      ? { from: mint, to: `system:clearing:${pay.provider}`, asset: pay.currency, amount: BigInt(pay.amount) }
      : legOf(player, store, pay);
  return {
    legs: [price, ...content.amounts.map((one) => legOf(mint, player, one))].filter(({ amount }) => amount !== 0n),
    handovers: content.items.flatMap(({ instances }) =>
      instances.map((instance) => ({ instance, from: null, to: player })),
    ),
    paid: 'currency' in pay ? { player, currency: pay.currency, amount: BigInt(pay.amount) } : null,
    sparedPlayer: null,
  };
}

interface Takes {
  amounts: Amount[];
  items: { instance: string; owed: string }[];
}

/** What was paid goes back, unless it was found at the provider and has moved there already. */
function oughtOfRefund(terms: Record<string, unknown>): Ought {
  const player = playerOf(terms['player']);
  const takes = terms['takes'] as Takes;
  if (terms['reverses'] !== null) return oughtOfReversal(player, takes, terms['legs'] as Record<keyof Leg, string>[]);
  const pay = terms['pay'] as Pay;
  const amount = String(terms['amount']);
  const isSpared = terms['policy'] === 'absorb';
  const unit = 'currency' in pay ? pay.currency : pay.asset;
  const back =
    'currency' in pay
      ? legOf(`system:clearing:${pay.provider}`, mint, { asset: unit, amount })
      : legOf(store, player, { asset: unit, amount });
  return {
    legs: [...(terms['found'] === null ? [back] : []), ...takes.amounts.map((one) => legOf(player, mint, one))],
    handovers: takes.items.map(({ instance, owed }): Handover => ({
      instance,
      from: player,
      to: store,
      instead: legOf(isSpared ? 'system:fees' : player, store, { asset: unit, amount: owed }),
    })),
    paid: null,
    sparedPlayer: isSpared ? player : null,
  };
}

/** A refund that is taken back says its legs itself. An instance that the store has no more stays where it is. */
function oughtOfReversal(player: string, takes: Takes, legs: readonly Record<keyof Leg, string>[]): Ought {
  return {
    legs: legs.map(({ from, to, asset, amount }) => legOf(from, to, { asset, amount })),
    handovers: takes.items.map(({ instance }) => ({
      instance,
      from: store,
      to: player,
      instead: { from: store, to: player, asset: '', amount: 0n },
    })),
    paid: null,
    sparedPlayer: null,
  };
}

const trades: DealTable = {
  name: 'trades',
  prefix: 'trd',
  done: 'settled',
  columns: ['parties'],
  oughtOf: oughtOfTrade,
};
const purchases: DealTable = {
  name: 'purchases',
  prefix: 'pur',
  done: 'completed',
  columns: ['player', 'pay', 'content'],
  oughtOf: oughtOfPurchase,
};
const refunds: DealTable = {
  name: 'refunds',
  prefix: 'rfd',
  done: 'succeeded',
  columns: ['player', 'amount', 'pay', 'takes', 'policy', 'found', 'reverses', 'legs'],
  oughtOf: oughtOfRefund,
};

/** Every kind of deal. */
export const dealTables = [trades, purchases, refunds] as const;
