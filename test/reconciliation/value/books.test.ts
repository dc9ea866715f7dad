import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTrueHistory, type TrueHistory } from './true-history.js';
import { ValueWorld } from './value-world.js';

let world: ValueWorld;
let made: TrueHistory;
beforeAll(async () => {
  world = await ValueWorld.open();
  made = await makeTrueHistory(world);
});
afterAll(async () => {
  expect(await world.close()).toBe(0);
});

type Damage = [sql: string, ...parameters: unknown[]];
const uuid = (id: string): string => id.slice(4);

/** What some checks find after some damage, and without what somebody has minted by the name of a deal just so. */
async function after(names: string[], ...damage: Damage[]): Promise<string[]> {
  return afterAt(new Date(), names, damage);
}

async function afterAt(now: Date, names: string[], damage: Damage[]): Promise<string[]> {
  const breaks = (): Promise<string[]> => world.breaks(world.look({}, now), names);
  const found = await world.damaged(damage, breaks);
  const byHand: Damage = ['delete from inventory.movements where instance = $1', uuid(made.again)];
  if (names.includes('holds')) expect(await world.damaged([byHand, ...damage], breaks)).toEqual(found);
  return found;
}

/** The transfer of a deal. */
async function transferOf(deal: string): Promise<string> {
  const [row] = await world.query<{ id: string }>('select id from ledger.transfers where reference = $1', [deal]);
  return `trf_${row?.id}`;
}

const account = "(select id from ledger.accounts where owner = 'player:bob' and asset = 'gold')";

describe('a transfer', () => {
  const name = ['transfers'];

  test('without entries, or with entries that do not come to nothing, is found', async () => {
    const trf = await transferOf(made.gift);
    expect(await after(name, ['delete from ledger.entries where transfer_id = $1', uuid(trf)])).toEqual([
      `31 ${trf} - - -`,
    ]);
    const more = 'update ledger.entries set amount = amount + 3 where transfer_id = $1 and amount > 0';
    expect(await after(name, [more, uuid(trf)])).toEqual([`31 ${trf} - gold 3`]);
    const leg = 'update ledger.entries set leg = 9 where transfer_id = $1 and amount > 0';
    expect(await after(name, [leg, uuid(trf)])).toEqual([`31 ${trf} - - -`]);
    const fourEnds = `insert into ledger.entries select account_id, -version, transfer_id, sequence, leg, amount,
      posted, available from ledger.entries where transfer_id = $1`;
    expect(await after(name, [fourEnds, uuid(trf)])).toEqual([`31 ${trf} - - -`]);
  });

  test('with an entry on no account is found', async () => {
    const trf = await transferOf(made.gift);
    const lost = 'update ledger.entries set account_id = -1 where transfer_id = $1 and amount > 0';
    expect(await after(name, [lost, uuid(trf)])).toEqual([`31 ${trf} - - 7`]);
  });

  test('of a deal that is not there is found, and as a grant where a purchase has given it to a player', async () => {
    const [gift, bought] = [await transferOf(made.gift), await transferOf(made.purchase.id)];
    expect(await after(name, ['delete from trades.trades where id = $1', uuid(made.gift)])).toEqual([
      `31 ${gift} player:bob gold 7`,
    ]);
    expect(await after(name, ['delete from purchases.purchases where id = $1', uuid(made.purchase.id)])).toEqual([
      `9 ${bought} player:ann gem 5`,
    ]);
  });

  test('of a deal that has ended without being done is found as the check of deals finds it', async () => {
    const ended: Damage = [
      "update trades.trades set state = 'refused', reason_code = 'x', reason_detail = 'x' where id = $1",
      uuid(made.gift),
    ];
    expect(await after(['transfers'], ended)).toEqual([`31 ${made.gift} player:bob gold 7`]);
    expect(await after(['transfers', 'trades'], ended)).toEqual([`31 ${made.gift} player:bob gold 7`]);
  });
});

describe('an account', () => {
  const name = ['accounts'];
  const bob = '31 player:bob player:bob gold';

  test('that is not what its entries come to is found, and so is the asset', async () => {
    const more = `update ledger.accounts set credits_posted = credits_posted + 9 where id = ${account}`;
    expect(await after(name, [more])).toEqual([`${bob} 9`, '31 system:mint system:mint gold 9']);
    const version = `update ledger.accounts set version = version + 1 where id = ${account}`;
    expect(await after(name, [version])).toEqual([`${bob} 0`]);
  });

  test('of which an entry is changed, or is gone, is found', async () => {
    const last = `account_id = ${account} and version = 1`;
    expect(await after(name, [`update ledger.entries set posted = posted + 4 where ${last}`])).toEqual([`${bob} 4`]);
    expect(await after(name, [`update ledger.entries set amount = amount + 4 where ${last}`])).toEqual([`${bob} -4`]);
    expect(await after(name, [`delete from ledger.entries where ${last}`])).toEqual([`${bob} 5`]);
    expect(await after(name, [`update ledger.entries set available = 1 where ${last}`])).toEqual([`${bob} -4`]);
  });

  test('of which a version is left out is found', async () => {
    const last = `(select max(version) from ledger.entries where account_id = ${account})`;
    const entry = `update ledger.entries set version = version + 1 where account_id = ${account} and version = ${last}`;
    const version = `update ledger.accounts set version = version + 1 where id = ${account}`;
    expect(await after(name, [entry], [version])).toEqual([`${bob} 0`]);
  });

  test('below zero that nothing has allowed is found', async () => {
    const cleo = "owner = 'player:cleo' and asset = 'gold'";
    const unforced = `update ledger.transfers set forced = null where forced is not null`;
    expect(await after(name, [unforced])).toEqual(expect.arrayContaining(['31 player:cleo player:cleo gold -20']));
    const debts = `delete from ledger.debts where account_id = (select id from ledger.accounts where ${cleo})`;
    expect(await after(name, [debts])).toEqual(['31 player:cleo player:cleo gold -30']);
  });

  test('is found across parts', async () => {
    const first = 'select min(id) as id from ledger.accounts';
    const many: Damage = [
      `insert into ledger.entries (account_id, version, transfer_id, sequence, leg, amount, posted, available)
       select 900000, n, '0198b000-0000-7000-8000-000000000001', -n, 0, 1e9, n * 1e9, n * 1e9
       from generate_series(1, 45000) n`,
    ];
    const made: Damage = [
      `insert into ledger.accounts (id, title, owner, asset, credits_posted, min_available, version)
       overriding system value values (900000, 'arena', 'player:many', 'gold', 45000e9, 0, 45000)`,
    ];
    const sum = '31 system:mint system:mint gold 45000000000000';
    expect(await after(name, many, made)).toEqual([sum]);
    const gone: Damage = ['delete from ledger.entries where account_id = 900000 and version = 27000'];
    expect(await after(name, many, made, gone)).toEqual(['31 player:many player:many gold 1000000000', sum]);
    expect(await world.query(first)).toHaveLength(1);
  });
});

describe('an instance', () => {
  const name = ['instances'];
  const [of, at] = [
    (what: string): Damage => [`update inventory.instances set ${what} where id = $1`, uuid(made.trade.swords[0])],
    (what: string): Damage => [what, uuid(made.trade.swords[0])],
  ];

  test('without a movement, with a gap, or that is elsewhere is found', async () => {
    const subject = `31 ${made.trade.swords[0]}`;
    expect(await after(name, at('delete from inventory.movements where instance = $1'))).toEqual([
      `${subject} player:bob sword 1`,
    ]);
    const gap = at("delete from inventory.movements where instance = $1 and kind = 'hold'");
    expect(await after(name, gap)).toEqual([`${subject} player:bob sword 1`]);
    expect(await after(name, of("owner = 'player:eve'"))).toEqual([`${subject} player:eve sword 1`]);
    expect(await after(name, of('version = version + 1'))).toEqual([`${subject} player:bob sword 1`]);
  });

  test('that a deal has moved or minted without naming it is found', async () => {
    const [sword] = made.trade.swords;
    const unnamed = at("update inventory.holds set moves = '[]' where $1::text is not null");
    expect(await after(['holds'], unnamed)).toContain(`31 ${sword} player:bob sword 1`);
    const id = '0198b000-0000-7000-8000-000000000009';
    const twice: Damage[] = [
      [
        `insert into inventory.instances (id, title, item, owner, state, properties, version)
         values ($1, 'arena', 'sword', 'player:ann', 'owned', '{}', 1)`,
        id,
      ],
      [
        `insert into inventory.movements (instance, version, kind, to_owner, cause)
         values ($1, 1, 'mint', 'player:ann', $2)`,
        id,
        made.purchase.id,
      ],
    ];
    expect(await after(['holds'], ...twice)).toEqual([`11 ${made.purchase.id} player:ann sword 1`]);
  });

  test('of another title that a deal has moved is found', async () => {
    const [sword] = made.trade.swords;
    expect(await after(['holds'], of("title = 'other'"))).toEqual([`31 ${sword} player:bob sword 1`]);
  });

  test('that is moved for another deal than it was set aside for is found', async () => {
    const other = at("update inventory.movements set cause = 'other' where instance = $1 and kind = 'hold'");
    expect(await after(name, other)).toEqual([`31 ${made.trade.swords[0]} player:bob sword 1`]);
  });

  test('that changes its owner while it is set aside is found', async () => {
    const [sword] = made.trade.swords;
    const owner = (column: string, kind: string): Damage =>
      at(`update inventory.movements set ${column} = 'player:eve' where instance = $1 and kind = '${kind}'`);
    expect(await after(name, owner('to_owner', 'hold'), owner('from_owner', 'move'))).toEqual([
      `31 ${sword} player:bob sword 1`,
    ]);
  });

  test('that is set aside by its movements, and not by a hold, is found', async () => {
    const { id, sword } = made.handover;
    const back: Damage = ["delete from inventory.movements where instance = $1 and kind = 'move'", uuid(sword)];
    const held: Damage = [
      `update inventory.instances set state = 'held', hold_exchange = $2, owner = 'player:ann', version = version - 1
       where id = $1`,
      uuid(sword),
      id,
    ];
    expect(await after(name, back, held)).toEqual([`31 ${sword} player:ann sword 1`]);
  });

  test('that is set aside for nobody is found', async () => {
    expect(await after(name, of(`state = 'held', hold_exchange = '${made.open}'`))).toEqual([
      `31 ${made.trade.swords[0]} player:bob sword 1`,
    ]);
  });
});

describe('a hold', () => {
  const late = new Date(Date.now() + 16 * 60_000);
  const held = (...damage: Damage[]): Promise<string[]> => afterAt(late, ['holds'], damage);
  const gone = (): Damage => ['delete from trades.trades where id = $1', uuid(made.handover.id)];
  const state = (to: string): Damage => [
    `update inventory.holds set state = '${to}', cause_code = case '${to}' when 'released' then 'x' end,
       cause_detail = case '${to}' when 'released' then 'x' end where exchange = $1`,
    made.handover.id,
  ];

  test('without a deal is found, after its time', async () => {
    expect(await held(gone())).toEqual([`31 ${made.handover.id} - - -`]);
    expect(await held(gone(), state('held'))).toEqual([`12 ${made.handover.id} player:ann sword 1`]);
    expect(await after(['holds'], gone())).toEqual([]);
  });

  test('that is open after its deal has ended is left to the check of deals', async () => {
    expect(await held(state('held'))).toEqual([]);
  });

  test('whose instances have gone elsewhere than it says is found', async () => {
    expect(await held(state('released'))).toEqual([`31 ${made.handover.id} player:bob sword 1`]);
    const unmoved: Damage = ["delete from inventory.movements where cause = $1 and kind = 'move'", made.handover.id];
    expect(await held(unmoved)).toEqual([`31 ${made.handover.id} player:bob sword -1`]);
    const open: Damage = [
      "update trades.trades set state = 'accepted', closed_at = null where id = $1",
      uuid(made.handover.id),
    ];
    expect(await held(unmoved, state('held'), open)).toEqual([`31 ${made.handover.id} player:ann sword -1`]);
  });
});
