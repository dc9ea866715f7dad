/** The saga of a refund, and what its hold does without. See mutations.mjs. */
const missing = 'test/inventory/missing.test.ts';
const run = 'test/saga/refunds.test.ts';

export default [
  {
    name: 'missing instance forgotten by its hold',
    file: 'src/inventory/holds.statements.ts',
    find: 'JSON.stringify(holds.map((hold) => hold.missing ?? null)),',
    replace: 'JSON.stringify(holds.map(() => null)),',
    test: missing,
    says: 'stays missing though the giver has it by then',
  },
  {
    name: 'hold of missing instances ended without the lock of its row',
    file: 'src/inventory/inventory.service.ts',
    find: '(mints ?? missing) !== undefined',
    replace: 'mints !== undefined && missing?.length !== 0',
    test: missing,
    says: 'comes to one end where a move and a release of it meet',
    red: 'cannot be changed like this',
  },
  {
    name: 'refund that is held by another exchange taken all the same',
    file: 'src/inventory/hold.rules.ts',
    find: "return state === 'owned' && owner === from && !taken.has(id);",
    replace: "return state !== 'burned' && owner === from && !taken.has(id);",
    test: missing,
    says: 'is missing where the giver does not have the instance',
  },
  {
    name: 'what is missing of a refund not booked',
    file: 'workflows/exchange.rules.ts',
    find: 'if (gone.size === 0) return legs;',
    replace: 'if (gone.size < 100) return legs;',
    test: run,
    says: 'of two items of which the player has 1 books what is owed for the rest',
  },
  {
    name: 'hold not asked again after a refund that was turned back',
    file: 'workflows/settle-forward.ts',
    find: 'await hold(steps, done.filter(hasInstead));\n  for',
    replace: 'await hold(steps, []);\n  for',
    test: run,
    says: 'asks the hold again what is missing',
    red: 'Exceeded timeout',
  },
  {
    name: 'refund turned back without its cancel',
    file: 'workflows/turn-back.ts',
    find: "new Map([...answers].flatMap(([id, answer]) => (answer.outcome === 'later' ? [] : [[id, refundAnswer(answer)]])))",
    replace:
      "new Map(turned.map(({ exchange: { id }, cause }) => [id, refundAnswer({ id, outcome: 'cancelled', cause })]))",
    test: run,
    says: 'who compensates at paymentRefund after the money has gone comes too late',
  },
  {
    name: 'refunded exchange resolved before it is booked',
    file: 'workflows/operator-acts.ts',
    find: "if (kept?.outcome === 'refunded')",
    replace: "if (kept?.outcome === 'refunded' && exchange.legs.length > 100)",
    test: run,
    says: 'who resolves a refund that is not booked is refused',
  },
];
