/** The run of exchanges that are paid in real money. See mutations.mjs. */
const interleavings = {
  test: 'test/saga/interleavings.test.ts',
  says: 'two and three runs of one purchase in real money keep to the protocol',
};

export default [
  {
    name: 'payment captured although it is turned back',
    file: 'src/payments/payment-steps.rules.ts',
    find: `  if (payment.turnedBack !== null)
    return { payment, next: { do: 'answer', answer: { outcome: 'turned-back'`,
    replace: `  if (payment.turnedBack !== null && goal.step !== 'pay')
    return { payment, next: { do: 'answer', answer: { outcome: 'turned-back'`,
    test: 'src/payments/payment-steps.rules.test.ts',
    says: 'what is not authorised is as to authorise, and what is authorised as to capture',
  },
  {
    name: 'payment that is authorised leaves its run where it cannot be captured at once',
    file: 'src/payments/payment-work.rules.ts',
    find: 'return answer === undefined ? end : { result: { answer } };',
    replace: 'void answer;\n  return end;',
    test: 'test/payments/pay.test.ts',
    says: 'that is authorised and cannot be captured now is answered so',
  },
  {
    name: 'items given back before the payment is voided',
    file: 'workflows/turn-back.ts',
    find: "  const answers = await steps.ask(\n    paymentStep('paymentVoid'),",
    replace:
      "  await release(steps, turned.map(({ exchange, cause }) => ({ exchange, pivot: { done: false, state: 'compensated', cause } })));\n  const answers = await steps.ask(\n    paymentStep('paymentVoid'),",
    ...interleavings,
  },
  {
    name: 'purchase turned back without a void',
    file: 'workflows/turn-back.ts',
    find: "new Map([...answers].flatMap(([id, answer]) => (answer.outcome === 'later' ? [] : [[id, paymentAnswer(answer)]])))",
    replace: `new Map(turned.map(({ exchange: { id }, cause }) => [id, paymentAnswer({ id, outcome: 'cancelled', cause })]))`,
    ...interleavings,
  },
  {
    name: 'goods granted without a capture',
    file: 'workflows/settle-forward.ts',
    find: "const answers = await steps.ask('paymentCapture', authorized.map(paymentOf));",
    replace:
      "const answers: Map<string, { outcome: string; cause?: never }> = new Map(authorized.map(({ id }) => [id, { outcome: 'captured' }]));",
    ...interleavings,
  },
  {
    name: 'declined purchase closed without a void',
    file: 'workflows/settle-forward.ts',
    find: 'const ends = [capture(steps, authorized)];\n  if (captured.length > 0) ends.push(steps.grant(captured));\n  if (later.length > 0) ends.push(settlePaid(steps, later));\n  if (turned.length > 0) ends.push(steps.turnBack(turned));',
    replace: `const ends = [capture(steps, authorized)];\n  if (captured.length > 0) ends.push(steps.grant(captured));\n  if (later.length > 0) ends.push(settlePaid(steps, later));\n  if (turned.length > 0) ends.push(steps.undo(turned.map(({ exchange, cause }) => ({ exchange, pivot: { done: false, state: 'compensated', cause } }))));`,
    ...interleavings,
  },
  {
    name: 'operator let into a run that is over with its row open',
    file: 'workflows/operator-acts.ts',
    find: '    if (steered.hasBegunToWait)\n      throw refusal',
    replace: '    if (steered.hasBegunToWait && steered.exchanges.length > 1)\n      throw refusal',
    test: 'test/saga/paid-acts.test.ts',
    says: 'just when it has begun to wait is to send it again, to the next run',
  },
  {
    name: 'captured purchase resolved without its grant',
    file: 'workflows/operator-acts.ts',
    find: '(await keptByLedger(exchange))?.done !== true',
    replace: '(await keptByLedger(exchange))?.done === false',
    test: 'test/saga/paid-acts.test.ts',
    says: 'that is captured and not booked yet is refused, because nobody else would book it',
  },
  {
    name: 'steps of payments on the task queue of the others',
    file: 'workflows/steps.ts',
    find: '    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue),',
    replace: '    taskQueue: paymentsTaskQueue(workflowInfo().taskQueue).slice(0, -9),',
    test: 'test/saga/paid.test.ts',
    says: 'is held, authorised, captured, booked and minted, in this order',
    red: 'Exceeded timeout',
  },
  {
    name: 'attempt after the capture made more than once in a run',
    file: 'workflows/exchange-run.ts',
    find: '    this.mayGrantLocally = false;\n    const made',
    replace: '    const made',
    test: 'test/saga/paid-local.test.ts',
    says: 'of a convoy only those that are captured first are granted by an attempt',
  },
  {
    name: 'attempt after the capture made although the first one has failed',
    file: 'workflows/exchange-run.ts',
    find: 'grant: (refunded, missing) => grant(this.dispatched, refunded, missing),',
    replace: 'grant: (refunded, missing) => this.grant(refunded, missing),',
    test: 'test/saga/paid-local.test.ts',
    says: 'a run whose first attempt has failed makes no second',
  },
  {
    name: 'attempt after the capture made by a run that is parked',
    file: 'workflows/exchange-run.ts',
    find: 'this.mayGrantLocally && !this.status.parkedByOperator',
    replace: 'this.mayGrantLocally',
    test: 'test/saga/paid-local.test.ts',
    says: 'a run that an operator has parked meanwhile makes no attempt',
  },
  {
    name: 'payment asked about by a local attempt',
    file: 'activities/forward.activities.ts',
    find: 'if (elements.length === 0 || isPaymentStep(name)) return new Map();',
    replace: 'if (elements.length === 0) return new Map();',
    test: 'test/saga/paid-local.test.ts',
    says: 'only the payment is dispatched',
  },
  {
    name: 'items granted locally that are told as those of the whole run',
    file: 'workflows/exchange-run.ts',
    find: 'grantLocally(done, this.exchanges.length)',
    replace: 'grantLocally(done, done.length)',
    test: 'test/saga/paid-local.test.ts',
    says: 'of a convoy only those that are captured first are granted by an attempt',
  },
];
