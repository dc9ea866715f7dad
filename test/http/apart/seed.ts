import { seedDisputes } from './dispute-oracles.js';
import { seedReconciliation } from './reconciliation-oracles.js';
import { newId } from '../../../src/ids.js';
import { InventoryService } from '../../../src/inventory/inventory.service.js';
import { LedgerService } from '../../../src/ledger/ledger.service.js';
import type { SagaNote } from '../../../contracts/sagas.js';
import { seedPurchases } from './purchases.js';
import { seedRefunds } from './refunds.js';
import { tell } from './tell.js';
import type { MadeInstance, MadeTransfer, World } from './world.js';

/*
 * What every list has to tell apart. Each title gets the same: the same players, codes, keys and references; names,
 * reasons and amounts are the title's own. `eve` has nothing; `dan` is always the second side.
 */
export const players = ['ann', 'bob', 'cid', 'dan', 'eve'];
export const transferReferences = ['season-1', 'season-2', 'never'];
export const tradeReferences = ['deal-1', 'never'];

/** Fills a title. */
export async function seed(world: World): Promise<void> {
  await definitions(world);
  await transfers(world);
  await settings(world);
  await instances(world);
  await deals(world);
  await seedPurchases(world);
  await seedRefunds(world);
  await seedDisputes(world);
  await seedReconciliation(world);
}

async function definitions(world: World): Promise<void> {
  for (const code of ['gold', 'gem', 'dust', `only-${world.title}`]) await world.define('assets', code);
  for (const code of ['sword', 'relic', 'crown', `only-${world.title}`]) await world.define('items', code);
  await world.product('pack', 'published', 3);
  await world.product('box', 'draft');
  await world.product('chest', 'withdrawn', 2);
  await world.product(`only-${world.title}`, 'published');
  await world.product('bundle', 'draft');
  await world.product('bag', 'withdrawn');
  // What is defined anew keeps its place, and has the version of its own title.
  for (let times = 0; times < world.factor; times++) {
    await world.must('PUT', '/v1/assets/gold', { name: `Gold ${times} of ${world.title}`, kind: 'currency' });
    await world.must('PUT', '/v1/items/sword', { name: `Sword ${times} of ${world.title}` });
  }
  for (const name of ['server', 'server', `server of ${world.title}`]) await world.makeApiKey(name);
  const revoked = await world.makeApiKey('revoked');
  await world.send('DELETE', `/v1/titles/${world.title}/keys/${revoked}`);
}

async function transfers(world: World): Promise<void> {
  await world.transfer(['system:mint player:ann gold 100'], 'season-1');
  await world.transfer(
    ['system:mint player:bob gold 50', 'system:mint player:bob gem 20', 'player:bob player:ann gem 5'],
    'season-1',
  );
  await world.transfer(['system:mint player:cid gem 9']);
  const mistake = await world.transfer(['player:ann player:bob gold 10'], 'season-2');
  await world.transfer(['player:bob player:ann gold 3', 'player:bob system:fees gold 1'], 'season-2');
  const { balances: _, ...reversal } = await world.must<MadeTransfer & { balances: unknown }>(
    'POST',
    `/v1/transfers/${mistake}/reversal`,
    { reason: `reason of ${world.title}` },
  );
  world.transfers.push(reversal);
  await world.transfer(['player:ann player:dan gold 2'], 'season-1');
  await world.transfer(['player:ann player:cid gold 2', 'player:cid player:bob gold 1'], 'season-1');
  await exchange(world, newId('trd'), 'season-2');
  for (const [player, asset] of [
    ['dan', 'gold'],
    ['cid', 'gem'],
  ] as const) {
    for (const step of ['force 20', 'give 3', 'force 4', 'force 5', 'give 17', 'give 2', 'force 6']) {
      const [what, of] = step.split(' ');
      if (what === 'force') await world.force(player, asset, Number(of));
      else await world.transfer([`system:mint player:${player} ${asset} ${of}`]);
    }
  }
}

async function settings(world: World): Promise<void> {
  for (const limit of [7, 3, 9]) await world.setDebtLimit('ann', 'gold', limit);
  for (const asset of ['dust', 'gold', 'dust']) await world.setDebtLimit('cid', asset, world.settings.length + 1);
}

/** Books what a saga books, under any reference. */
export async function exchange(world: World, id: string, reference: string): Promise<void> {
  const legs = [{ from: 'player:bob', to: 'player:ann', asset: 'gold', amount: BigInt(world.amount(4)) }] as const;
  const [posted] = await world.service(LedgerService).transferInFull([
    {
      title: world.title,
      key: `exchange/${id}`,
      kind: 'exchange',
      legs,
      reason: `reason of ${world.title}`,
      reference,
    },
  ]);
  if (posted?.outcome !== 'posted') throw new Error(`The exchange was not booked: ${JSON.stringify(posted?.outcome)}`);
  const sent = legs.map((leg) => ({ ...leg, amount: String(leg.amount) }));
  world.transfers.push({ id: posted.transferId, legs: sent, reference, createdAt: posted.createdAt.toISOString() });
}

async function instances(world: World): Promise<void> {
  for (const owner of ['player:ann', 'player:bob']) {
    await world.mint('sword', owner);
    await burn(world, await world.mint('sword', owner));
    await hold(world, await world.mint('relic', owner));
    await release(world, await world.mint('sword', owner));
    await move(world, await world.mint('sword', owner), owner === 'player:ann' ? 'player:bob' : 'player:ann');
  }
  await move(world, await world.mint('sword', 'player:ann'), 'player:dan');
  await burn(world, await world.mint('sword', 'player:cid'));
  // An instance with a long history of its own.
  const travelled = await world.mint('crown', 'player:cid');
  for (const to of ['player:ann', 'player:cid', 'player:bob']) await move(world, travelled, to);
  await release(world, travelled);
}

async function burn(world: World, instance: MadeInstance): Promise<void> {
  const cause = `reason of ${world.title}`;
  await world.must('POST', `/v1/item-instances/${instance.id}/burn`, { reason: cause });
  instance.state = 'burned';
  instance.movements.push({ kind: 'burn', from: instance.owner, to: null, cause });
}

async function hold(world: World, instance: MadeInstance, to = 'player:eve', id = newId('trd')): Promise<string> {
  await world
    .service(InventoryService)
    .hold([{ exchange: id, title: world.title, moves: [{ instance: instance.id, from: instance.owner, to }] }]);
  instance.state = 'held';
  instance.movements.push({ kind: 'hold', from: instance.owner, to: instance.owner, cause: id });
  return id;
}

/** Holds an instance and gives it back. */
export async function release(world: World, instance: MadeInstance): Promise<void> {
  const id = await hold(world, instance);
  await world
    .service(InventoryService)
    .release([{ exchange: id, title: world.title, cause: { code: 'x', detail: 'x' } }]);
  instance.state = 'owned';
  instance.movements.push({ kind: 'release', from: instance.owner, to: instance.owner, cause: id });
}

/** Holds an instance and gives it to another, as a saga does. */
export async function move(world: World, instance: MadeInstance, to: string, id = newId('trd')): Promise<void> {
  await hold(world, instance, to, id);
  await world.service(InventoryService).move([{ exchange: id, title: world.title }]);
  instance.movements.push({ kind: 'move', from: instance.owner, to, cause: id });
  Object.assign(instance, { owner: to, state: 'owned' });
}

/** State of the trade, the notes of its runs, and what the list of sagas says of it, if it has it. */
const ends: [
  a: string,
  b: string,
  reference: string | undefined,
  state: string,
  notes: Partial<SagaNote>[],
  saga: string | null,
][] = [
  ['ann', 'bob', 'deal-1', 'accepted', [], 'running'],
  ['ann', 'bob', 'deal-1', 'settled', [], null],
  ['bob', 'ann', 'deal-2', 'refused', [], null],
  ['ann', 'cid', undefined, 'stuck', [{}], 'stuck'],
  ['cid', 'ann', 'deal-1', 'compensated', [{}], 'ended'],
  ['ann', 'dan', 'deal-2', 'accepted', [{ state: 'compensating', stuckAt: null }], 'compensating'],
  ['cid', 'bob', 'deal-1', 'stuck', [{}, { state: 'parked', owner: 'olga' }], 'parked'],
  ['bob', 'dan', undefined, 'settled', [{}, { state: 'ended', stuckAt: null }], 'ended'],
  ['bob', 'cid', 'deal-1', 'refused', [{ state: 'ended', stuckAt: null }], 'ended'],
  ['ann', 'bob', undefined, 'compensated', [{ state: 'ended', stuckAt: null }], 'ended'],
  ['bob', 'ann', 'deal-1', 'accepted', [{}, { state: 'running', stuckAt: null }], 'running'],
  ['ann', 'bob', 'deal-1', 'stuck', [{}], 'stuck'],
  ['ann', 'dan', 'deal-1', 'settled', [], null],
  ['bob', 'dan', 'deal-2', 'stuck', [{ state: 'parked' }], 'parked'],
  ['cid', 'dan', 'deal-2', 'compensated', [], null],
  ['bob', 'ann', 'deal-1', 'accepted', [{ state: 'compensating', stuckAt: null }], 'compensating'],
];

async function deals(world: World): Promise<void> {
  for (const [a, b, reference, state, changes, saga] of ends) {
    const trade = await world.trade(a, b, reference);
    await tell(world, trade, changes);
    await world.end(trade, state);
    if (saga !== null)
      world.sagas.push({ id: trade.id, kind: 'trade', state: saga, dealState: state, players: [a, b] });
  }
}
