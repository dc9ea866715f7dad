import fc from 'fast-check';

/* Bodies of the routes that take an Idempotency-Key. */

export const player = fc.constantFrom('ann', 'bob', 'cid', 'dan');
const asset = fc.constantFrom('gold', 'gem');
const amount = fc.integer({ min: 10, max: 999 }).map(String);
export const text = fc.constantFrom('a reason', 'because', 'é ü', 'x');
const instance = fc
  .integer({ min: 16, max: 255 })
  .map((n) => `ins_0198c0de-7a11-7000-8000-0000000000${n.toString(16)}`);
/** Unless it is left out, which is the one place in which it then differs. */
const orNone = { requiredKeys: [] };

const amounts = fc.uniqueArray(fc.record({ asset, amount }), {
  minLength: 2,
  maxLength: 2,
  selector: (one) => one.asset,
});
const items = fc.uniqueArray(instance, { minLength: 4, maxLength: 4 });
/** Two parties that give something of everything, and no item twice. */
export const trade = fc
  .record({
    two: fc.uniqueArray(player, { minLength: 2, maxLength: 2 }),
    first: amounts,
    second: amounts,
    all: items,
    reference: text,
  })
  .map(({ two: [a, b], first, second, all, reference }) => ({
    parties: [
      { player: a, gives: { amounts: first, items: all.slice(0, 2) } },
      { player: b, gives: { amounts: second, items: all.slice(2) } },
    ],
    reference,
  }));

/**
 * From the mint and from players, so that some are refused for want of funds, which is kept by the key like the rest.
 */
export const legs = fc
  .uniqueArray(
    fc.record({
      from: fc.oneof(
        fc.constant('system:mint'),
        player.map((id) => `player:${id}`),
      ),
      to: player.map((id) => `player:${id}`),
      asset,
      amount,
    }),
    {
      minLength: 2,
      maxLength: 4,
      selector: (leg) => `${leg.from} ${leg.to} ${leg.asset}`,
    },
  )
  .filter((all) => all.every(({ from, to }) => from !== to) && new Set(all.map((leg) => JSON.stringify(leg))).size > 1);

/** So little that every leg has it. */
export const small = fc.constantFrom('1', '2', '3');

/** Parts of two of four legs, each beside one that can stand in its place. */
export const twoParts = [
  { leg: 0, amount: '1' },
  { leg: 2, amount: '2' },
];

/** Whether players may come to owe what they do not have. */
export const debit = fc.record({ policy: fc.constantFrom('refuse', 'debt') });

export const properties = fc
  .record(
    { level: fc.nat(99), bound: fc.boolean(), maker: fc.constantFrom('ann', '7', 'null'), note: fc.constant(null) },
    orNone,
  )
  .map((some) => ({ any: 'thing', ...some }));

export const gift = { player: 'ann', gives: { amounts: [{ asset: 'gold', amount: '5' }], items: [] } };

/** An order of a product that is free, whatever it is paid in. */
export const purchase = fc.record({
  player,
  product: fc.constantFrom('pack', 'box'),
  quantity: fc.integer({ min: 2, max: 9 }),
  pay: fc.record({ asset, amount: fc.constant('0') }),
  reference: text,
});

/** A run that is asked for. */
export const reconciliation = fc.record({
  kind: fc.constantFrom('hot', 'incremental', 'full'),
  repair: fc.constantFrom('plan', 'make'),
});

export const freePack = { player: 'ann', product: 'pack', quantity: 1, pay: { asset: 'gold', amount: '0' } };

export const refund = fc.record({
  amount: small,
  reason: text,
  spentGoods: fc.constantFrom('freeze', 'absorb'),
  restock: fc.boolean(),
});
