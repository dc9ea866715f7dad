import { newId } from '../../../src/ids.js';
import type { NewRefund } from '../../../src/refunds/refunds.types.js';
import { euros } from '../../purchases/money.js';
import { title } from '../../purchases/store.js';
import type { ValueWorld } from './value-world.js';

/** The deals of a history in which everything is as it should be. */
export interface TrueHistory {
  /** Ann has given bob 5 gold, and a sword, and bob a sword back. */
  trade: { id: string; swords: [string, string] };
  /** Ann has given bob 7 gold. */
  gift: string;
  /** The items alone of ann. */
  handover: { id: string; sword: string };
  /** It was refused, since ann has not that much. */
  refused: { id: string; sword: string };
  /** Ann has bought 5 gems and a sword with 10 gold. */
  purchase: { id: string; instance: string };
  /** The same with a crown, of which there are 50, for 4.99 EUR. */
  paid: { id: string; instance: string };
  /** Nothing was captured of it. */
  declined: { id: string; instance: string };
  /** It gives back all of a purchase of gems and a sword. */
  refund: { id: string; purchase: string; instance: string };
  /** Of a purchase whose sword ann has given away. */
  owed: string;
  absorbed: string;
  money: string;
  reversal: string;
  /** It is open, since now. */
  open: string;
  /** A sword that was minted by hand, by a reason that names the purchase. */
  again: string;
}

/** Makes it by the services. */
export async function makeTrueHistory(world: ValueWorld): Promise<TrueHistory> {
  await world.grant('ann', 1_000n);
  const swords = [await world.mint('ann'), await world.mint('bob')] as [string, string];
  const trade = await world.trade(5n, [swords[0]], [swords[1]]);
  const gift = await world.trade(7n);
  const given = await world.mint('ann');
  const handover = await world.trade(0n, [given]);
  const kept = await world.mint('ann');
  const refused = await world.trade(1_000_000n, [kept]);
  const purchase = await world.purchase();
  const paid = await world.purchase({ pay: euros }, 'crown');
  const declined = await world.purchase({ pay: euros }, 'crown');
  for (const id of [trade, gift, handover, refused, purchase.id, paid.id]) await world.settle(id);
  await world.giveUp(declined.id, 'payment-declined');
  const history = {
    trade: { id: trade, swords },
    gift,
    handover: { id: handover, sword: given },
    refused: { id: refused, sword: kept },
    purchase,
    paid,
    declined,
    ...(await makeRefunds(world)),
    open: await world.trade(1n),
  };
  return { ...history, again: await makeOrdinary(world, purchase.id) };
}

async function makeRefunds(
  world: ValueWorld,
): Promise<Pick<TrueHistory, 'refund' | 'owed' | 'absorbed' | 'money' | 'reversal'>> {
  const bought = async (over = {}): Promise<{ id: string; instance: string }> => {
    const purchase = await world.purchase(over);
    await world.settle(purchase.id);
    return purchase;
  };
  const first = await bought();
  const refund = (await world.till.accepted(first.id, null, { policy: 'debt', restock: true })).id;
  const second = await bought();
  const third = await bought();
  // What is refunded of these is there no more.
  await world.settle(await world.trade(0n, [second.instance, third.instance]));
  await world.book([{ from: 'player:ann', to: 'system:store', asset: 'gem', amount: 13n }]);
  const absorbed = (await world.till.accepted(third.id, null, { policy: 'absorb' })).id;
  const fourth = await bought({ pay: euros });
  const money = (await world.till.accepted(fourth.id, 200n, { policy: 'freeze' })).id;
  const owed = (await world.till.accepted(second.id, 7n, { policy: 'debt' })).id;
  for (const id of [refund, owed, absorbed, money]) await world.settle(id);
  const reversal = await makeReversal(world, fourth.id, fourth.instance);
  return { refund: { id: refund, purchase: first.id, instance: first.instance }, owed, absorbed, money, reversal };
}

/** Money that a dispute takes and that comes back, with the goods that follow it. */
async function makeReversal(world: ValueWorld, purchase: string, instance: string): Promise<string> {
  const taken = { amounts: [{ asset: 'gem', amount: '3' }], items: [{ instance, owed: '250' }] };
  const of = {
    workflowId: null,
    title,
    fingerprint: Buffer.from('f'),
    purchase,
    player: 'ann',
    product: 'pack',
    amount: '100',
    pay: { currency: 'EUR', amount: '499', provider: 'stripe' as const },
    takes: taken,
    policy: 'debt' as const,
    restock: false,
    grounds: 'a dispute',
  };
  const accept = async (refund: Omit<NewRefund, 'decidedAt'>): Promise<string> => {
    const [totals] = await world.query<{ version: string }>('select version from refunds.totals where purchase = $1', [
      purchase.slice(4),
    ]);
    const [outcome] = await world.till.services[0].accept([{ ...refund, decidedAt: Number(totals?.version) }]);
    if (outcome?.outcome !== 'accepted') throw new Error(`The refund was ${outcome?.outcome}.`);
    await world.settle(refund.id);
    return refund.id;
  };
  const [first, second] = [newId('rfd'), newId('rfd')];
  await accept({ ...of, id: first, key: first, found: 'dp_1', reverses: null });
  const legs = [{ from: 'system:mint', to: 'player:ann', asset: 'gem', amount: '3' }];
  return accept({ ...of, id: second, key: second, found: 'dp_1 back', reverses: { refund: first, legs } });
}

/** What titles and operators do besides, and what is an ordinary history all the same. */
async function makeOrdinary(world: ValueWorld, purchase: string): Promise<string> {
  // A person gives what was bought once more, and says why by the purchase.
  const again = await world.mint('ann', 'sword', purchase);
  await world.book([{ from: 'system:mint', to: 'player:ann', asset: 'gem', amount: 5n }], { reference: purchase });
  await world.book([{ from: 'player:ann', to: 'system:mint', asset: 'gem', amount: 2n }], { reason: 'fine' });
  await world.grant('cleo', 20n);
  // A forced debit takes cleo below zero, and what comes later pays it in part.
  await world.book([{ from: 'player:cleo', to: 'system:store', asset: 'gold', amount: 50n }], {
    debit: { policy: 'debt' },
  });
  await world.grant('cleo', 10n);
  const burned = await world.mint('cleo');
  await world.inventory.burn([{ title, key: burned, fingerprint: 'f', instance: burned, reason: 'used up' }]);
  return again;
}
