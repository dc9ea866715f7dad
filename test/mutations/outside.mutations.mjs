/** Money that moves at a provider without our asking: each movement once, by its id, and never by a status or a sum. */
const mutation = ([file, test], name, find, replace, says) => ({ name, file, find, replace, test, says });
const refunds = 'test/payments/outside.test.ts';
const disputes = 'test/payments/disputes.test.ts';
const events = 'test/payments/outside-events.test.ts';
const pure = 'src/payments/outside.rules.test.ts';
const rules = 'src/payments/outside.rules.ts';

export default [
  mutation(
    [rules, refunds],
    'refund of our own booked as one from the dashboard',
    '  if (isOwnRefund(refund)) return;',
    '  if (isOwnRefund({ ...refund, refund: null, title: null })) return;',
    'that Veltrix has asked for is not booked here',
  ),
  mutation(
    [rules, refunds],
    'refund that failed weeks later left as booked',
    "      if (isKnown(found, owner, 'outside-refund', reference))",
    "      if (!isKnown(found, owner, 'outside-refund', reference))",
    'that fails weeks later is booked back once',
  ),
  mutation(
    [rules, refunds],
    'refund that is pending booked',
    "    case 'pending':\n    case 'requires-action':\n      found.isOpen = true;\n      return;",
    "    case 'pending':\n    case 'requires-action':\n      found.isOpen = true;\n      return add(found, owner, { ...draft, kind: 'outside-refund' });",
    'that is pending is booked when it has succeeded',
  ),
  mutation(
    [rules, pure],
    'more gone back than was captured',
    'return least(amount, owner.captured - found.returned);',
    'return least(amount, owner.captured);',
    'is never more than was captured',
  ),
  mutation(
    [rules, pure],
    'dispute of another mode booked',
    '  if (told.mode !== mode)\n',
    "  if (told.mode !== mode && told.mode === 'test')\n",
    'a dispute in another mode is not booked',
  ),
  mutation(
    ['src/payments/disputes.rules.ts', pure],
    'dispute that is won lost again by an older look',
    '  won: [],',
    "  won: ['lost', 'needs_response'],",
    'a dispute that is won and is told to be lost is won',
  ),
  mutation(
    ['src/payments/disputes.rules.ts', disputes],
    'dispute that is lost never appealed against',
    "  lost: ['appealed', 'won'],",
    '  lost: [],',
    'that is lost can be appealed against',
  ),
  mutation(
    ['src/payments/outside-looks.statements.ts', refunds],
    'look written that another one has overtaken',
    'as g (id, takes) on g.id = l.id and g.takes = l.takes\n',
    'as g (id, takes) on g.id = l.id and g.takes <= l.takes\n',
    'by a look that another one has overtaken',
  ),
  mutation(
    ['src/payments/outside-movements.statements.ts', refunds],
    'movement that was found and not booked forgotten',
    "update payments.outside_movements m set booking_due_at = clock_timestamp() + interval '1 minute'",
    'update payments.outside_movements m set booking_due_at = null',
    'by a worker that is killed between finding',
  ),
  mutation(
    ['src/payments/outside-walks.statements.ts', refunds],
    'page of a walk counted each time that it is met',
    '  return entries.filter(({ id }) => fresh.delete(id));',
    '  return entries.filter(({ id }) => fresh.delete(id) || true);',
    'counts what is foreign once',
  ),
  mutation(
    [rules, refunds],
    'walk that begins where the last one has ended',
    'const overlapMs = 3_600_000;',
    'const overlapMs = 0;',
    'begins at what may be told late',
  ),
  mutation(
    ['src/payments/webhooks.service.ts', events],
    'event in another mode that has a payment looked at',
    "(outcomes[place] === 'stored' ?",
    "(outcomes[place] !== 'duplicate' ?",
    'an event in another mode is kept',
  ),
];
