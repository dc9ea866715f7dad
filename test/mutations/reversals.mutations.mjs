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
    name: 'what was reversed in the same call forgotten',
    file: 'src/ledger/transfer.rules.ts',
    find: 'reversed.set(legKey(reverses, leg), before + amount);',
    replace: 'reversed.get(legKey(reverses, leg));',
    test: 'test/ledger/rules.test.ts',
    says: 'the rules say what the oracle says',
  },
];
