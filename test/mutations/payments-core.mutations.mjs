/** The steps of payments: what is written before a call, what an answer means, and what is never done twice. */
const calls = 'test/payments/calls.test.ts';
const payments = 'test/payments/payments.test.ts';
const rules = 'src/payments/payments.rules.test.ts';
const steps = 'src/payments/payment-steps.rules.test.ts';
const service = 'src/payments/payments.service.ts';
const ofRules = (name, find, replace, says) => ({
  name,
  file: 'src/payments/payments.rules.ts',
  find,
  replace,
  test: rules,
  says,
});
const ofTerms = (...mutation) => ({ ...ofRules(...mutation), file: 'src/payments/payment-terms.rules.ts' });
const ofSteps = (name, find, replace, says) => ({
  name,
  file: 'src/payments/payment-steps.rules.ts',
  find,
  replace,
  test: steps,
  says,
});

export default [
  {
    name: 'call to a provider made before its row is committed',
    file: service,
    find: `(tx) => this.writeDown(tx, account, pending, { isFirst: round === 0, enough })),
          ),
        (due) => this.askAll(account, due, asking.patient),`,
    replace: `async (tx) => {
            const written = await this.writeDown(tx, account, pending, { isFirst: round === 0, enough });
            await this.askAll(account, written.due, asking.patient);
            return written;
          }),
          ),
        () => Promise.resolve(),`,
    test: calls,
    says: 'is on its row for everybody to see',
  },
  {
    name: 'call to a provider written down after it was made',
    file: service,
    find: 'flatMap(({ before, payment }) => Object.values(payment.operations)',
    replace:
      "flatMap(({ before, payment }) => Object.values(payment.operations).filter(({ state }) => state !== 'sent')",
    test: calls,
    says: 'is on its row for everybody to see',
  },
  ofRules(
    'call whose answer is lost taken for a decline',
    "case 'unknown':\n    case 'denied':\n      return about({ state: 'unknown' });",
    "case 'unknown':\n    case 'denied':\n      return turnedBackFor(about({ state: 'unknown' }), declinedFor(answer.result, answer.why));",
    'leaves the call unknown and never declines',
  ),
  ofRules(
    'call whose answer is lost taken for one that was not done',
    "case 'unknown':\n    case 'denied':\n      return about({ state: 'unknown' });",
    "case 'unknown':\n    case 'denied':\n      return about({ state: 'failed' });",
    'leaves the call unknown and never declines',
  ),
  ofRules(
    'key used before with another body taken for a decline',
    "return parkedFor(about({ state: 'unknown' }), 'payment-key-misused', answer.why);",
    "return turnedBackFor(about({ state: 'failed' }), declinedFor('idempotency_error', answer.why));",
    'leaves the call unknown and never declines',
  ),
  ofSteps(
    'unknown call sent again without a look',
    "if (!attempt.looked) return { payment, next: { do: 'look' } };\n  const { kind, seq } = operation;",
    'const { kind, seq } = operation;',
    'is looked for before it is sent again',
  ),
  ofSteps(
    'unknown call sent again under another key',
    'canBeSentAgain(operation, attempt) ? seq : seq + 1',
    'seq + 1',
    'is looked for before it is sent again',
  ),
  ofSteps(
    'error that is kept under a key asked for for ever',
    "state !== 'failed' && !storedError && now.getTime()",
    "state !== 'failed' && now.getTime()",
    'a confirmation whose error is stored has another key after a look',
  ),
  ofSteps(
    'key used for as long as the provider may know it',
    'const marginMs = 3_600_000;',
    'const marginMs = 0;',
    'is sent again with its key for 23 hours, and then it is searched for',
  ),
  {
    name: 'list of what was created believed though it broke off',
    file: service,
    find: 'if (complete) {',
    replace: 'if (complete || intents.length === 0) {',
    test: calls,
    says: 'made anew only where all of the list was looked through',
  },
  {
    name: 'key of a call that is another one after a restore',
    file: 'src/payments/payment-work.rules.ts',
    find: 'key: `${payment.id}:${kind}:${seq}`,',
    replace: 'key: `${payment.id}:${kind}:${seq}:${Date.now()}`,',
    test: 'test/payments/restored.test.ts',
    says: 'before it was made is captured once',
  },
  {
    name: 'lost call of a restored database made again without a look',
    file: 'src/payments/payment-steps.rules.ts',
    find: "if (!attempt.looked) return { payment, next: { do: 'look' } };\n  const { kind, seq } = operation;\n  return call(payment, kind, canBeSentAgain(operation, attempt) ? seq : seq + 1);",
    replace:
      'const { kind, seq } = operation;\n  return call(payment, kind, canBeSentAgain(operation, attempt) ? seq : seq + 1);',
    test: 'test/payments/restored.test.ts',
    says: 'is captured once also where its keys are forgotten',
  },
  {
    name: 'body of a call made anew when it is sent again',
    file: 'src/payments/payment-work.rules.ts',
    find: '? { ...stored, attempts: stored.attempts + 1 }',
    replace: '? { ...stored, body: bodyOf(kind, payment), attempts: stored.attempts + 1 }',
    test: calls,
    says: 'is sent again with the body that is stored',
  },
  ofRules(
    'payment that is authorised sent back to its buyer',
    "authorized: { capture: 'capturing', ...ends },",
    "authorized: { 'ask buyer': 'requires_action', capture: 'capturing', ...ends },",
    'says what becomes of authorized by: ask buyer',
  ),
  ofRules(
    'payment that is captured cancelled by a late event',
    "captured: { cancelled: 'contradiction' },",
    "captured: { cancelled: 'cancelled' },",
    'says what becomes of captured by: cancelled',
  ),
  ofRules(
    'payment that is turned back authorised by a late answer',
    "voiding: { captured: 'captured', cancelled: 'cancelled' },",
    "voiding: { authorize: 'authorized', captured: 'captured', cancelled: 'cancelled' },",
    'says what becomes of voiding by: authorize',
  ),
  ofRules(
    'answer that is known forgotten for one that was lost',
    'const isOver = isSettled(current) ||',
    "const isOver = current.state === 'failed' ||",
    'that comes late leaves what another run was told',
  ),
  ofRules(
    'later call forgotten for the answer to an earlier one',
    'if (stored !== undefined && stored.seq > operation.seq) return payment;',
    '',
    'leaves the later call the one that counts',
  ),
  ofSteps(
    'buyer waited for without an end',
    'if (payment.deadline <= now) return turnBack(payment, expired);\n  const until',
    'const until',
    'a buyer is waited for, more and more seldom, until the deadline and no longer',
  ),
  ofSteps(
    'intent created after the deadline',
    'if (payment.deadline <= attempt.now) return turnBack(payment, expired);',
    '',
    'no intent is created after the deadline',
  ),
  ofSteps(
    'bank waited for without an end',
    'now.getTime() - payment.createdAt.getTime() > maxProcessingMs',
    'now.getTime() < payment.createdAt.getTime()',
    'a bank is waited for past the deadline, and a person is asked for after 14 days',
  ),
  {
    name: 'evidence of an answer not kept',
    file: 'src/payments/payments.statements.ts',
    find: 'stored_error = excluded.stored_error, evidence = excluded.evidence, changed_at = now()',
    replace: 'stored_error = excluded.stored_error, changed_at = now()',
    test: calls,
    says: 'leaves what the provider has said as evidence',
  },
  {
    name: 'evidence of a decision not kept',
    file: 'src/payments/payments.rules.ts',
    find: 'evidence: evidence ?? payment.evidence }',
    replace: 'evidence: payment.evidence }',
    test: calls,
    says: 'leaves what the provider has said as evidence',
  },
  {
    name: 'evidence of a decline not kept',
    file: 'src/payments/payments.rules.ts',
    find: 'return { ...turnedBackFor(payment, cause), evidence };',
    replace: 'return turnedBackFor(payment, cause);',
    test: calls,
    says: 'leaves what the provider has said as evidence',
  },
  {
    name: 'what was captured before taken for a refusal',
    file: 'src/payments/payments.rules.ts',
    find: "if (code === unexpectedState || kind === 'cancel') return payment;",
    replace: "if (kind === 'cancel') return payment;",
    test: payments,
    says: 'that says it was captured before is looked at, and what it has captured counts',
  },
  {
    name: 'what captures at its confirmation captured again',
    file: 'src/payments/payments.rules.ts',
    find: "case 'succeeded':\n      return moved(seen, 'captured', evidence);",
    replace: "case 'succeeded':\n      return moved(seen, 'authorize', evidence);",
    test: payments,
    says: 'of a method that captures at its confirmation is captured when it is authorised',
  },
  ofRules(
    'intent recorded though its payment is turned back',
    'if (payment.reference !== null || payment.turnedBack !== null) return withOrphans(payment, [intent]);',
    'if (payment.reference !== null) return withOrphans(payment, [intent]);',
    'of a create is recorded once, and never where the payment is turned back',
  ),
  ofRules(
    'intent recorded over another',
    'if (payment.reference !== null || payment.turnedBack !== null) return withOrphans(payment, [intent]);',
    'if (payment.turnedBack !== null) return withOrphans(payment, [intent]);',
    'of a create is recorded once, and never where the payment is turned back',
  ),
  {
    name: 'intent confirmed in the call that creates it',
    file: 'src/payments/stripe/stripe-bodies.rules.ts',
    find: "capture_method: 'manual',",
    replace: "capture_method: 'manual', ...(method !== null && { confirm: 'true' }),",
    test: payments,
    says: 'is created, confirmed and captured by three calls',
  },
  {
    name: 'payment decided without the lock of its row',
    file: 'src/payments/payments.statements.ts',
    find: 'where id = any($1::text[]) order by id for no key update',
    replace: 'where id = any($1::text[]) order by id',
    test: calls,
    says: 'is decided under the lock of its payment',
  },
  ofSteps(
    'cancel sent before it is decided that the payment is turned back',
    "if (goal.step === 'void') return decideVoid(turnedBackFor(payment, goal.cause), attempt);",
    "if (goal.step === 'void') return { ...decideVoid(turnedBackFor(payment, goal.cause), attempt), payment };",
    'an intent is cancelled at the provider, and nothing is answered before that has answered',
  ),
  ofSteps(
    'payment that is turned back captured',
    "if (payment.turnedBack !== null)\n    return { payment, next: { do: 'answer', answer: { outcome: 'turned-back', cause: payment.turnedBack } } };",
    '',
    'nothing is captured that is turned back or not authorised',
  ),
  ofTerms(
    'amount of an intent not compared',
    'if (intent.amount !== amount || intent.currency !== currency)',
    'if (intent.currency !== currency)',
    'of another amount parks the payment',
  ),
  ofTerms(
    'currency of an intent not compared',
    'if (intent.amount !== amount || intent.currency !== currency)',
    'if (intent.amount !== amount)',
    'of another currency parks the payment',
  ),
  ofTerms(
    'mode of an intent not compared',
    'if (intent.mode !== mode)',
    "if (mode !== 'live' && mode !== 'test')",
    'of another mode parks the payment',
  ),
  ofTerms(
    'purchase of an intent not compared',
    'if (intent.purchase !== id || intent.title !== title)',
    'if (intent.title !== title)',
    'of another purchase parks the payment',
  ),
  ofTerms(
    'amount that was captured not compared',
    "if (intent.status === 'succeeded' && intent.received !== amount)",
    "if (intent.status === 'succeeded' && intent.received < 0n)",
    'of another amount that was captured parks the payment',
  ),
  ofRules(
    'status that nobody knows taken for a wait',
    "return parkedFor(seen, 'payment-status-unknown', 'The provider tells a status that this release does not know.');",
    "return moved(seen, 'ask buyer', evidence);",
    'of a status that nobody knows parks the payment',
  ),
];
