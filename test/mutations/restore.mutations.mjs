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
  {
    name: 'booking of a deal that is not there cancelled',
    file: 'activities/worker.activities.ts',
    find: 'ledgerCancel: forKnownDeals(known, ofLedger.undo.ledgerCancel),',
    replace: '',
    test: 'test/saga/forgotten-deals.test.ts',
    says: 'ends on its way back, and gives back nothing',
  },
  {
    name: 'payment of a deal that is not there voided',
    file: 'activities/worker.activities.ts',
    find: 'paymentVoid: forKnownDeals(known, ofPayments.payments.paymentVoid),',
    replace: '',
    test: 'activities/worker.activities.test.ts',
    says: 'paymentVoid does nothing for a deal that is not there',
  },
  {
    name: 'transactions of a restored database not passed',
    file: 'docs/operations.md',
    find: 'while pg_current_xact_id() <= largest loop',
    replace: "while pg_current_xact_id() < xid8 '0' loop",
    test: 'test/reconciliation/restore.test.ts',
    says: 'what Temporal still runs is ended, and the transactions are passed',
  },
];
