/** Purchases in real money. See mutations.mjs. */
const rules = 'src/purchases/purchases.rules.test.ts';
const intake = 'test/purchases/intake.test.ts';
const velocity = 'test/purchases/velocity.test.ts';

export default [
  {
    name: 'purchases in money not counted',
    file: 'src/purchases/sales.ts',
    find: 'await addSoldAndCounts(tx, purchases, this.sharesOf(purchases));',
    replace: 'await addSoldAndCounts(tx, purchases, []);',
    test: velocity,
    says: 'who tries 64 cards at once through two processes makes ten purchases',
  },
  {
    name: 'counts of purchases in money begun anew each time',
    file: 'src/purchases/velocity.statements.ts',
    find: 'set since = greatest(v.since, excluded.since), used = case when v.since < excluded.since then 0 else v.used end',
    replace: 'set since = v.since, used = 0',
    test: velocity,
    says: 'who has made too many is told when to try again',
  },
  {
    name: 'counts of purchases in money that never begin anew',
    file: 'src/purchases/velocity.statements.ts',
    find: 'used = case when v.since < excluded.since then 0 else v.used end',
    replace: 'used = v.used',
    test: velocity,
    says: 'may buy again in the next hour',
  },
  {
    name: 'replay of a purchase in money judged',
    file: 'src/purchases/sales.rules.ts',
    find: 'if (kept.has(key) || accepted.has(key)) return undefined;',
    replace: 'if (accepted.has(key)) return undefined;',
    test: velocity,
    says: 'is counted nothing for a replay',
  },
  {
    name: 'what cannot be paid accepted',
    file: 'src/purchases/purchases.rules.ts',
    find: '  if (detail === undefined) return undefined;\n',
    replace: "  if (detail !== '') return undefined;\n",
    test: rules,
    says: 'of what cannot be paid is declined, though the price is right',
  },
  {
    name: 'account of the title not asked for',
    file: 'src/purchases/purchase-intake.ts',
    find: "'declined' in quoted || missing === undefined",
    replace: "'declined' in quoted || missing !== quoted",
    test: intake,
    says: 'a purchase in money of a title without an account at the provider is declined',
  },
  {
    name: 'secret of a payment shown for ever',
    file: 'src/purchases/shown.rules.ts',
    find: '...(open && clientSecret !== null',
    replace: '...(clientSecret !== null',
    test: 'src/purchases/shown.rules.test.ts',
    says: 'the secret by which a buyer pays is shown while the purchase is open',
  },
];
