import { randomUUID } from 'node:crypto';
import type { Debit, Exchange } from '../../contracts/nouns.js';
import { acceptPurchases } from './bought-kinds.js';
import type { RefundPlan } from './refunds-in-memory.js';
import { title, type SagaWorld } from './saga-world.js';

/*
 * Refunds: 5.00 EUR go back, and a player gives back 5 gems and two swords, for each of which 7 gold are owed where it
 * is missing. The row is that of a purchase: the saga does not go by what a row says.
 */

export interface Refunded {
  /** How its refund goes. */
  refund?: Partial<RefundPlan>;
  /** Real money and what was bought; what was bought with gold; or the swords alone, whose money has moved already. */
  of?: 'money' | 'gold' | 'items' | 'gems';
  /** How many of the two swords are the player's yet. */
  owned?: 0 | 1 | 2;
  debit?: Debit;
}

export interface RefundDeal {
  exchange: Exchange;
  player: string;
  swords: string[];
}

/** What the refund of a deal undoes. */
export function refundFor(gift: Exchange, player: string, swords: readonly string[], refunded: Refunded): Exchange {
  const { of = 'money', debit = { policy: 'debt' } } = refunded;
  const owner = `player:${player}`;
  const gems = { from: owner, to: 'system:mint', asset: 'gem', amount: '5' };
  const legs = {
    money: [{ from: 'system:clearing:stripe', to: 'system:mint', asset: 'EUR', amount: '500' }, gems],
    gems: [{ from: 'system:clearing:stripe', to: 'system:mint', asset: 'EUR', amount: '500' }, gems],
    gold: [{ from: 'system:store', to: owner, asset: 'gold', amount: '60' }, gems],
    items: [],
  };
  const instead = { from: owner, to: 'system:store', asset: 'gold', amount: '7' };
  const { mints: _, ...rest } = gift;
  return {
    ...rest,
    legs: legs[of],
    moves: of === 'gems' ? [] : swords.map((instance) => ({ instance, from: owner, to: 'system:store', instead })),
    ...((of === 'money' || of === 'gems') && {
      refund: { provider: 'stripe', purchase: 'pur_1', currency: 'EUR', amount: '500' },
    }),
    debit,
  };
}

/** Gives the store the gold that it gives back. */
export async function fundStore(world: SagaWorld): Promise<void> {
  const legs = [{ from: 'system:mint', to: 'system:store', asset: 'gold', amount: 10_000n }];
  await world.ledger.transfer([{ title, key: randomUUID(), kind: 'transfer', legs, reason: 'sales' }]);
}

/** Accepts a refund, and starts none. */
export async function acceptRefund(world: SagaWorld, refunded: Refunded = {}): Promise<RefundDeal> {
  const { refund = {}, owned = 2 } = refunded;
  const [gift] = await acceptPurchases(world, ['gift']);
  const owner = gift?.mints?.[0]?.to;
  if (gift === undefined || owner === undefined) throw new Error('Nothing was accepted.');
  const player = owner.slice('player:'.length);
  await world.grant(player, 'gem', 5n);
  const swords = [
    await world.mint(owned > 0 ? player : 'somebody-else'),
    await world.mint(owned > 1 ? player : 'somebody-else'),
  ];
  const exchange = refundFor(gift, player, swords, refunded);
  world.refunds.plan(exchange.id, refund);
  return { exchange, player, swords };
}

/** What is there of a refund: its row, the money, and what the player and the store have. */
export async function leftOf(world: SagaWorld, { exchange, player, swords }: RefundDeal): Promise<object> {
  const owners: string[] = [];
  for (const sword of swords) owners.push((await world.ownerOf(sword)).owner.replace(player, 'ann'));
  const { rows } = await world.session.query<{ booked: number }>(
    'select count(*)::int as booked from ledger.transfers where reference = $1',
    [exchange.id],
  );
  return {
    row: await world.row(exchange.id),
    refunds: world.refunds.row(exchange.id).refunds,
    booked: rows[0]?.booked,
    gold: await world.balance(player, 'gold'),
    gems: await world.balance(player, 'gem'),
    owners,
  };
}

const somebody = 'player:somebody-else';

/** What must be there of one that is settled. The player had 100 gold. */
export function given(of: Refunded['of'] = 'money', owned = 2): object {
  const owed = of === 'gems' ? 0n : 7n * BigInt(2 - owned);
  return {
    row: { state: 'completed', reason_code: null },
    refunds: of === 'money' || of === 'gems' ? 1 : 0,
    booked: of === 'items' && owned === 2 ? 0 : 1,
    gold: 100n + (of === 'gold' ? 60n : 0n) - owed,
    gems: of === 'items' ? 5n : 0n,
    owners: [0, 1].map((place) => (place >= owned ? somebody : of === 'gems' ? 'player:ann' : 'system:store')),
  };
}

/** What must be there of one that is turned back, for this reason: the player keeps all. */
export function keeps(reason: string, owned = 2): object {
  return {
    row: { state: 'compensated', reason_code: reason },
    refunds: 0,
    booked: 0,
    gold: 100n,
    gems: 5n,
    owners: [0, 1].map((place) => (place < owned ? 'player:ann' : somebody)),
  };
}
