import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../src/ids.js';
import { InventoryIntegrity } from '../../src/inventory/integrity.reads.js';
import { LedgerIntegrity } from '../../src/ledger/integrity.reads.js';
import type { LedgerService } from '../../src/ledger/ledger.service.js';
import type { TransferElement } from '../../src/ledger/ledger.types.js';
import { annToBob, mintFor, openInventory, type InventoryDatabase } from '../inventory/inventory-database.js';
import { element, leg, openLedger, title, type LedgerDatabase } from '../ledger/ledger-database.js';

/* Random histories, whose kept totals are held to what independent SQL makes of the entries and the movements. */

jest.setTimeout(120_000);

let ledger: LedgerDatabase;
let inventory: InventoryDatabase;
let services: LedgerService[];

beforeAll(async () => {
  [ledger, inventory] = await Promise.all([openLedger(), openInventory()]);
  services = [ledger.ledger, await ledger.another()];
});
afterAll(async () => {
  await ledger.close();
  await inventory.close();
});

const players = ['ann', 'bob', 'cid'];
const step = fc.record({
  what: fc.constantFrom('grant', 'give', 'sink', 'buy', 'pay', 'refund', 'take', 'reverse'),
  player: fc.constantFrom(...players),
  other: fc.constantFrom('system:store', 'system:fees', 'dan'),
  amount: fc.bigInt(1n, 60n),
  asset: fc.constantFrom('gold', 'gems'),
  reason: fc.constantFrom('quest', 'welcome', 'shop', `événement '"\\{}`),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const mint = 'system:mint';

/** What a step asks of the ledger; a reversal gives back of what was granted before. */
function elementOf({ what, player, other, amount, asset, reason }: Step, granted: TransferElement[]): TransferElement {
  const money = { from: mint, to: 'system:clearing:stripe', asset: 'EUR', amount };
  const content = leg(mint, player, amount, asset);
  const back = { from: 'system:clearing:stripe', to: mint, asset: 'EUR', amount };
  switch (what) {
    case 'give':
      return element([leg(player, other, amount, asset)], { reason });
    case 'sink':
      return element([leg(player, mint, amount, asset), leg(player, other, 1n, asset)], { reason });
    case 'buy':
      return element([leg(player, 'system:store', amount, asset), content], { kind: 'exchange', reason });
    case 'pay':
      return element([money, content], { kind: 'paid', reason });
    case 'refund':
      return element([back, leg(player, mint, amount, asset)], { kind: 'paid', reason, debit: { policy: 'debt' } });
    case 'take':
      return element([leg(player, 'system:store', amount, asset)], {
        reason,
        debit: { policy: 'available', writeOff: mint },
      });
    case 'reverse': {
      const [original] = granted;
      const reverses = original === undefined ? undefined : ids.get(original.key);
      if (original === undefined || reverses === undefined) return element([content], { reason });
      const legs = original.legs.map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from }));
      return element(legs, { kind: 'reversal', reverses, reason });
    }
    default:
      return element([content, leg(mint, 'dan', 1n, asset)], { reason });
  }
}

const ids = new Map<string, string>();

/** Every total of every asset, by the entries alone. */
async function byEntries(): Promise<unknown> {
  const { rows } = await ledger.session.query<{ asset: string; flow: string; reason: string; amount: string }>(
    `select a.asset, case when e.amount < 0 then 'faucet' else 'sink' end as flow, t.reason,
       sum(abs(e.amount))::text as amount
     from ledger.entries e join ledger.transfers t on t.id = e.transfer_id join ledger.accounts a on a.id = e.account_id
     where a.owner = 'system:mint' group by 1, 2, 3 order by 1, 2, 3`,
  );
  const supply = await ledger.session.query<{ asset: string; supply: string }>(
    `select s.code as asset, coalesce(sum(e.amount), 0)::text as supply from ledger.assets s
     left join ledger.accounts a on a.asset = s.code and a.owner <> 'system:mint'
     left join ledger.entries e on e.account_id = a.id group by s.code order by s.code collate "C"`,
  );
  return { flows: rows.map((row) => Object.values(row).join(' ')).sort(), supply: supply.rows };
}

async function byTotals(): Promise<unknown> {
  const { assets, reasons } = await new LedgerIntegrity(ledger.dataSource).books({
    title,
    days: {},
    shown: (all) => all,
  });
  for (const books of assets) {
    expect(books).toMatchObject({ sum: 0n, broken: 0n });
    expect([books.keptIssued, books.keptReturned]).toEqual([books.issued, books.returned]);
  }
  const flows = [...reasons].flatMap(([asset, moved]) =>
    (['faucet', 'sink'] as const).flatMap((flow) =>
      moved[flow].map(({ reason, amount }) => `${asset} ${flow} ${reason} ${amount}`),
    ),
  );
  const supply = assets.map(({ asset, supply: of }) => ({ asset, supply: String(of) }));
  return { flows: flows.sort(), supply: supply.sort((a, b) => (a.asset < b.asset ? -1 : 1)) };
}

it('totals by reason are those of the entries, after any history that two processes make at once', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { maxLength: 6 }), async (calls) => {
      const granted: TransferElement[] = [];
      for (const grant of ['gold', 'gems']) granted.push(element([leg(mint, 'ann', 50n, grant)], { reason: 'first' }));
      for (const [place, answer] of (await ledger.ledger.transfer(granted)).entries())
        if (answer.outcome === 'posted') ids.set(granted[place]?.key ?? '', answer.transferId);
      await Promise.all(
        calls.map(async (steps, lane) => {
          const answers = await services[lane % 2]?.transfer(steps.map((one) => elementOf(one, granted)));
          answers?.forEach(({ outcome }, place) => seen.add(`${steps[place]?.what} ${outcome}`));
        }),
      );
      expect(await byTotals()).toEqual(await byEntries());
    }),
    { numRuns: 25 },
  );
  for (const what of ['grant', 'give', 'sink', 'buy', 'pay', 'refund', 'take', 'reverse'])
    expect(seen).toContain(`${what} posted`);
  expect(seen).toContain('give refused');
});

it('instances are counted as the movements have made them, after any history', async () => {
  const act = fc.record({
    what: fc.constantFrom('mint', 'burn', 'hold', 'move', 'release', 'reserve'),
    item: fc.constantFrom('sword', 'relic'),
  });
  const open: string[] = [];
  const free: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), async (acts) => {
      for (const { what, item } of acts) {
        const exchange = open[0] ?? 'trd_of-nothing';
        if (what === 'mint') free.push(...(await mintFor(inventory, 'player:ann', 2, item)));
        const one = free[0];
        if (what === 'burn' && one !== undefined) {
          const [outcome] = await inventory.inventory.burn([
            { title, key: newId('trd'), fingerprint: 'f', instance: one, reason: 'x' },
          ]);
          if (outcome?.outcome === 'done') free.shift();
        }
        if ((what === 'hold' && one !== undefined) || what === 'reserve') {
          const id = newId('trd');
          const mints = [{ instance: newId('ins'), item, to: 'player:bob' }];
          const request =
            what === 'hold'
              ? { exchange: id, title, moves: annToBob(one ?? '') }
              : { exchange: id, title, moves: [], mints };
          const [held] = await inventory.inventory.hold([request]);
          if (held?.outcome === 'ok') open.push(id);
        }
        if (what === 'move' && open.length > 0) await inventory.inventory.move([{ exchange, title }]);
        if (what === 'release' && open.length > 0)
          await inventory.inventory.release([{ exchange, title, cause: { code: 'x', detail: 'x' } }]);
        if (['move', 'release'].includes(what)) open.shift();
      }
      const { items } = await new InventoryIntegrity(inventory.dataSource).counts(title, undefined);
      const { rows } = await inventory.session.query(
        `select t.code as item, count(m.*) filter (where m.kind = 'mint')::text as minted,
           count(m.*) filter (where m.kind = 'burn')::text as burned,
           count(m.*) filter (where m.kind = 'hold' and m.version = last)::text as held,
           count(m.*) filter (where m.kind in ('mint', 'move', 'release') and m.version = last)::text as owned
         from inventory.items t left join inventory.instances i on i.item = t.code
         left join (select *, max(version) over (partition by instance) as last from inventory.movements) m
           on m.instance = i.id group by t.code order by t.code`,
      );
      const told = items.map(({ sequence: _, ...counts }) => counts);
      for (const { minted, burned, owned, held } of told) expect(minted - burned).toBe(owned + held);
      const asText = told.map((counts) =>
        Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, String(n)])),
      );
      expect(asText.sort((a, b) => ((a['item'] ?? '') < (b['item'] ?? '') ? -1 : 1))).toEqual(rows);
    }),
    { numRuns: 40 },
  );
});
