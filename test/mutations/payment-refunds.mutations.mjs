/** Refunds at the provider: money is given back once, no more than was captured, and what is decided stays. */
const refunds = 'test/payments/refunds.test.ts';
const faults = 'test/payments/refund-faults.test.ts';
const mutation = (file, test) => (name, find, replace, says) => ({
  name,
  file: `src/payments/${file}`,
  find,
  replace,
  test,
  says,
});
const ofSteps = mutation('refund-steps.rules.ts', faults);
const ofRules = mutation('refunds.rules.ts', faults);

export default [
  ofSteps(
    'refund made without a look through those that there are',
    "if (!isFresh(attempt, call)) return { refund, next: { do: 'look' } };",
    "if (!isFresh(attempt, call) && call?.seq === 0) return { refund, next: { do: 'look' } };",
    'is found by listing after its key is forgotten',
  ),
  ofSteps(
    'refund made under another key by a list that is older than another answer',
    'call === undefined || lookedAt > call.changedAt',
    'call === undefined || lookedAt > call.firstSentAt || true',
    'where the list is older than the answer of another run',
  ),
  ofSteps(
    'refund made under another key while the first one is known',
    'if (canBeSentAgain(call, attempt))',
    'if (canBeSentAgain(call, attempt) && call.seq > 1)',
    'is lost by drop-before gives it back once',
  ),
  ofSteps(
    'refund sent under a key that the provider forgets',
    'return !storedError && now.getTime() - firstSentAt.getTime() < windowHours * 3_600_000 - marginMs;',
    'return !storedError && now.getTime() - firstSentAt.getTime() < windowHours * 3_600_000_000 - marginMs;',
    'it is made under another key after its time, or cancelled',
  ),
  {
    ...ofSteps(
      'refund cancelled that was sent',
      'if (!wasSent && turnedBack !== null)',
      'if (turnedBack !== null)',
      'after garbage of its call is given back once all the same',
    ),
    test: refunds,
  },
  ofRules(
    'refund whose answer is lost taken for a failure',
    "case 'unknown':\n    case 'denied':\n      return about({ state: 'unknown' });",
    "case 'unknown':\n    case 'denied':\n      return about({ state: 'failed' });",
    'is unknown and never failed where its answer is lost',
  ),
  ofRules(
    'refund of another amount taken for that which was asked for',
    'if (told.amount !== amount || told.currency !== currency)',
    'if (told.currency !== currency)',
    'that tells another amount has the refund parked',
  ),
  {
    ...ofRules(
      'more returned than was left of a payment',
      'if (refund.amount > left)',
      'if (refund.amount > left + refund.amount)',
      'that gives back more than was left of the payment',
    ),
    red: 'violates check constraint',
  },
  ofRules(
    'two refunds at the provider taken for one',
    'if (living.length > 1) {',
    'if (living.length > 2) {',
    'that has two refunds for one has it parked',
  ),
  ofRules(
    'refund that came back later not told to a person',
    "if (status === 'succeeded') return { ...refund, parked: null };",
    "if (status === 'succeeded' || status === 'failed') return { ...refund, parked: null };",
    'stays that where its bank sends it back later',
  ),
  {
    name: 'sum returned moved by a refund that the bank is at',
    file: 'src/payments/refunds.statements.ts',
    find: "before.state !== refund.state && refund.state === 'succeeded'",
    replace: "before.state !== refund.state && (refund.state === 'succeeded' || refund.state === 'pending')",
    test: refunds,
    says: 'waits, and then comes to its end by settle',
  },
  {
    name: 'call that gives money back made before its row is committed',
    file: 'src/payments/refunds.service.ts',
    find: `(tx) => this.writeDown(tx, account, pending, enough)),
          ),
        (due) => this.askAll(account, due, asking.patient),`,
    replace: `async (tx) => {
            const written = await this.writeDown(tx, account, pending, enough);
            await this.askAll(account, written.due, asking.patient);
            return written;
          }),
          ),
        () => Promise.resolve(),`,
    test: faults,
    says: 'is on its row for everybody to see before it goes out',
  },
  {
    name: 'page of refunds that breaks off taken for all of them',
    file: 'src/payments/stripe/stripe-lists.rules.ts',
    find: 'if (all.includes(undefined) || (page.has_more && next === undefined)) return undefined;',
    replace: 'if (all.includes(undefined)) return undefined;',
    test: 'test/payments/stripe-calls.test.ts',
    says: 'are unknown where the list breaks off',
  },
  {
    name: 'more returned than was captured, by the database',
    file: 'src/payments/migrations/create-payments.ts',
    find: 'check (returned between 0 and captured)',
    replace: 'check (returned >= 0)',
    test: 'test/payments/walls.test.ts',
    says: 'more returned than was captured',
  },
  {
    name: 'refund that is done undone, by the database',
    file: 'src/payments/migrations/create-payments.ts',
    find: "when ((old.state in ('succeeded', 'failed', 'canceled') and new.state <> old.state)",
    replace: "when ((old.state in ('failed', 'canceled') and new.state <> old.state)",
    test: 'test/payments/walls.test.ts',
    says: 'to cancel a refund that is done',
  },
  {
    name: 'refund that has succeeded not looked at by its event',
    file: 'src/payments/refunds.statements.ts',
    find: "set due_at = now(), looks = 0 from told where r.id = told.id and r.state = 'succeeded'",
    replace: "set looks = 0 from told where r.id = told.id and r.state = 'succeeded'",
    test: 'test/payments/refund-events.test.ts',
    says: 'has it looked at anew',
  },
];
