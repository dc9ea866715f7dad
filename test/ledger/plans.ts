import fc from 'fast-check';
import type { Debit } from '../../contracts/nouns.js';
import type { TransferElement, TransferLeg } from '../../src/ledger/ledger.types.js';
import type { OracleAsset } from './oracle.js';

/*
 * Random work for the ledger, small enough that everything meets: three players, four assets of which one is not
 * defined, a currency, few keys with two fingerprints, amounts around what there is, and some that do not fit.
 */

export const planTitle = 'arena';

/** The assets of defineAssets, as the oracle wants them. */
export function planAssets(title: string): ReadonlyMap<string, OracleAsset> {
  return new Map([
    [`${title}/gold`, { tradeable: true }],
    [`${title}/gems`, { tradeable: true }],
    [`${title}/dust`, { tradeable: true, maxBalance: 1000n }],
    [`${title}/honour`, { tradeable: false }],
    [`${title}/EUR`, { tradeable: false }],
  ]);
}

/** The same element in another title, where it reverses other transfers: runs of one test must not meet. */
export function inTitle(element: TransferElement, title: string, run: number): TransferElement {
  const { reverses, ...rest } = element;
  return {
    ...rest,
    title,
    ...(reverses !== undefined && { reverses: reverses.replace('-7000-', `-7${String(run).padStart(3, '0')}-`) }),
  };
}

const owner = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('player:ann', 'player:bob', 'player:cid') },
  { weight: 2, arbitrary: fc.constant('system:mint') },
  { weight: 1, arbitrary: fc.constant('system:fees') },
);
const asset = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('gold', 'dust') },
  { weight: 2, arbitrary: fc.constant('honour') },
  { weight: 1, arbitrary: fc.constant('silver') },
);
const huge = fc.constantFrom(999_999_999_999_999_999n, 999_999_999_999_999_000n);
// Few values, so that what is there and what is asked for often differ by nothing or by one.
const amount = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1n, 2n, 299n, 300n, 600n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 600n) },
  { weight: 1, arbitrary: huge },
  { weight: 1, arbitrary: fc.constantFrom(1_000_000_000_000_000_000n, 0n, -5n) },
);
const leg: fc.Arbitrary<TransferLeg> = fc.record({ from: owner, to: owner, asset, amount });
const sound = leg.filter(({ from, to }) => from !== to);
const gift: fc.Arbitrary<TransferLeg> = fc.record({
  from: fc.constant('system:mint'),
  to: owner.filter((to) => to !== 'system:mint'),
  asset,
  amount: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(1n, 100n, 300n, 600n, 999n, 1000n) },
    { weight: 1, arbitrary: huge },
  ),
});
const legs = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(gift) },
  { weight: 8, arbitrary: fc.array(sound, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(leg, { maxLength: 2 }) },
);

/** The money's own leg of a purchase, and sometimes one that nobody may book. */
const money: fc.Arbitrary<TransferLeg> = fc.record({
  from: fc.oneof(
    { weight: 9, arbitrary: fc.constant('system:mint') },
    { weight: 1, arbitrary: fc.constant('player:ann') },
  ),
  to: fc.constant('system:clearing:stripe'),
  asset: fc.constant('EUR'),
  amount,
});

/** The legs of three transfers that can be reversed, turned round. */
const originals: TransferLeg[][] = [
  [{ from: 'player:ann', to: 'player:bob', asset: 'gold', amount: 100n }],
  [
    { from: 'player:bob', to: 'system:mint', asset: 'gold', amount: 100n },
    { from: 'system:mint', to: 'player:cid', asset: 'dust', amount: 60n },
  ],
  [
    { from: 'system:mint', to: 'player:ann', asset: 'gold', amount: 30n },
    { from: 'player:ann', to: 'player:cid', asset: 'gold', amount: 120n },
  ],
];

/** One element; `keys` is how many different keys there are of each kind. */
export function planElement(keys: number): fc.Arbitrary<TransferElement> {
  const number = fc.integer({ min: 1, max: keys });
  const fingerprint = fc.constantFrom(Buffer.from('one body'), Buffer.from('another body'));
  const debit = fc.option(
    fc.constantFrom<Debit>(
      { policy: 'debt' },
      { policy: 'freeze' },
      { policy: 'available', writeOff: 'system:mint' },
      { policy: 'available', writeOff: 'system:fees' },
    ),
    { nil: undefined, freq: 1 },
  );
  const exchange = fc.record({ n: number, legs }).map(({ n, legs }): TransferElement => ({
    title: planTitle,
    key: `exchange/${n}`,
    kind: 'exchange',
    legs,
    reason: 'test',
  }));
  const bought = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(money, gift) },
    { weight: 2, arbitrary: fc.tuple(gift, gift, money) },
    { weight: 1, arbitrary: fc.array(sound, { minLength: 1, maxLength: 2 }) },
  );
  const kind = fc.constantFrom('paid', 'paid', 'paid', 'exchange', 'transfer');
  const paid = fc.record({ n: number, legs: bought, kind }).map(({ n, legs, kind }): TransferElement => ({
    title: planTitle,
    key: `exchange/${n}`,
    kind,
    legs,
    reason: 'test',
  }));
  const taken: fc.Arbitrary<TransferLeg> = fc.record({
    from: fc.oneof({ weight: 5, arbitrary: owner }, { weight: 1, arbitrary: fc.constant('system:clearing:stripe') }),
    to: fc.constantFrom('system:mint', 'system:fees', 'player:ann'),
    asset: fc.oneof({ weight: 3, arbitrary: asset }, { weight: 1, arbitrary: fc.constant('EUR') }),
    amount,
  });
  const returned = fc
    .record({
      n: number,
      legs: fc.array(
        taken.filter(({ from, to }) => from !== to),
        { minLength: 1, maxLength: 3 },
      ),
      kind: fc.constantFrom('paid', 'exchange', 'exchange'),
      debit,
    })
    .map(({ n, legs, kind, debit }): TransferElement => ({
      title: planTitle,
      key: `exchange/${n}`,
      kind,
      legs,
      reason: 'test',
      ...(debit !== undefined && { debit }),
    }));
  const transfer = fc.record({ n: number, legs, fingerprint, debit }).map(({ n, debit, ...rest }): TransferElement => ({
    title: planTitle,
    key: `transfers/${n}`,
    kind: 'transfer',
    reason: 'test',
    ...rest,
    ...(debit !== undefined && { debit }),
  }));
  const reversal = fc
    .record({
      n: number,
      of: fc.integer({ min: 1, max: originals.length }),
      parts: fc.option(fc.array(fc.bigInt(1n, 120n), { minLength: 1, maxLength: 2 })),
      backwards: fc.boolean(),
      fingerprint,
    })
    .map(({ n, of, parts, backwards, fingerprint }): TransferElement => {
      const back = originals[of - 1] ?? [];
      const places = backwards ? [1, 0] : [0, 1];
      const named = (parts ?? []).flatMap((amount, index) => {
        const leg = back[places[index] ?? 0];
        return leg === undefined
          ? []
          : [{ leg: { ...leg, amount }, part: { leg: places[index] ?? 0, of: leg.amount } }];
      });
      return {
        title: planTitle,
        key: `reversals/${n}`,
        kind: 'reversal',
        legs: named.length === 0 ? back : named.map(({ leg }) => leg),
        ...(named.length > 0 && { parts: named.map(({ part }) => part) }),
        reason: 'test',
        // The rules do not ask what it was; the service is given its legs turned round.
        reverses: `trf_0198c0de-7a11-7000-8000-00000000000${of}`,
        fingerprint,
      };
    });
  return fc.oneof(
    { weight: 4, arbitrary: exchange },
    { weight: 4, arbitrary: transfer },
    { weight: 2, arbitrary: paid },
    { weight: 2, arbitrary: returned },
    { weight: 3, arbitrary: reversal },
  );
}
