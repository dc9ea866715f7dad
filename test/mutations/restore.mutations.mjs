/** What is found and healed after a restore. See mutations.mjs. */
export default [
  {
    name: 'sagas that have ended not looked at',
    file: 'src/reconciliation/saga-runs.check.ts',
    find: 'const next = isOfAll ? endedPlace : null;',
    replace: 'const next = isOfAll ? null : null;',
    test: 'test/reconciliation/restore.test.ts',
    says: 'names what the provider and Temporal know',
  },
  {
    name: 'nothing repaired that only the provider has an id of',
    file: 'src/reconciliation/repairs.rules.ts',
    find: '[subject, place].find(',
    replace: '[subject].find(',
    test: 'src/reconciliation/repairs.rules.test.ts',
    says: 'has the provider of a purchase asked',
  },
];
