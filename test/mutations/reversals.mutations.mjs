/** Reversals in parts. See mutations.mjs. */
const test = 'test/ledger/reversals.test.ts';
const rules = 'src/ledger/reversal.rules.ts';

export default [
  {
    name: 'part that is reversed above its leg',
    file: rules,
    find: 'if (parts !== undefined && asked.amount > left)',
    replace: 'if (parts !== undefined && asked.amount > of)',
    test,
    says: 'in 64 parts at once comes to what was moved',
  },
  {
    name: 'reversal that gives back the whole again',
    file: rules,
    find: 'const amount = parts === undefined ? left : asked.amount;',
    replace: 'const amount = asked.amount;',
    test,
    says: 'of a part gives back so much',
  },
  {
    name: 'part of another leg',
    file: rules,
    find: 'reversed.get(legKey(reverses, leg))',
    replace: 'reversed.get(legKey(reverses, index))',
    test: 'test/ledger/rules.test.ts',
    says: 'the rules say what the oracle says',
  },
  {
    name: 'reversal refused by a limit',
    file: 'src/ledger/transfer.rules.ts',
    find: "const reversalTerms: Terms = { funds: 'of all', limits: false",
    replace: "const reversalTerms: Terms = { funds: 'of all', limits: true",
    test,
    says: 'gives back also to who has come to hold as much as a player can',
  },
  {
    name: 'forced debit reversed without its scope',
    file: 'src/ledger/transfers.controller.ts',
    find: 'if (original.forced !== null) assertMayForce(scopes);',
    replace: '',
    test,
    says: 'is reversed by who may force alone',
  },
  {
    name: 'policy of a forced debit not kept',
    file: 'src/ledger/transfer.statements.ts',
    find: 'elements.map(({ debit }) => debit?.policy ?? null)',
    replace: 'elements.map(() => null)',
    test,
    says: 'is reversed by who may force alone',
  },
  {
    name: 'what is reversed of a leg read at its first piece',
    file: 'src/ledger/ledger.reads.ts',
    find: 'order by reversed_before desc limit 1',
    replace: 'order by reversed_before limit 1',
    test,
    says: 'says how much of each leg is reversed',
  },
  {
    name: 'earlier reversals counted to their first piece',
    file: 'src/ledger/transfer.statements.ts',
    find: 'order by reversed_before desc limit 1',
    replace: 'order by reversed_before limit 1',
    test,
    says: 'of a part gives back so much',
  },
  {
    name: 'what was reversed in the same call forgotten',
    file: 'src/ledger/transfer.rules.ts',
    find: 'reversed.set(legKey(reverses, leg), before + amount);',
    replace: 'reversed.get(legKey(reverses, leg));',
    test: 'test/ledger/rules.test.ts',
    says: 'the rules say what the oracle says',
  },
];
