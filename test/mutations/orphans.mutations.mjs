/** Intents that no purchase takes: all is given back, once, and what a purchase takes is never touched. */
const test = 'test/payments/orphans.test.ts';
const ofRules = (name, find, replace, says) => ({
  name,
  file: 'src/payments/orphans.rules.ts',
  find,
  replace,
  test,
  says,
});

export default [
  ofRules(
    'intent of an open purchase taken for an orphan',
    "if (orphan.reference === owner.reference && owner.state !== 'cancelled')",
    "if (orphan.reference === owner.reference && owner.state === 'captured')",
    'an intent that a purchase takes is never touched',
  ),
  ofRules(
    'intent of a completed purchase taken for an orphan',
    "if (orphan.reference === owner.reference && owner.state !== 'cancelled')",
    "if (orphan.reference === owner.reference && owner.state !== 'cancelled' && owner.state !== 'captured')",
    'an intent that a purchase takes is never touched',
  ),
  ofRules(
    'intent of another purchase given back',
    'if (intent.reference !== orphan.reference || intent.purchase !== orphan.payment || intent.title !== orphan.title)',
    'if (intent.reference !== orphan.reference || intent.title !== orphan.title)',
    'an intent of another purchase waits for a person',
  ),
  ofRules(
    'refund sent under another key though its answer is not known',
    'return isKnown ? last.seq : owner.lastSeq[kind] + 1;',
    'return owner.lastSeq[kind] + 1;',
    'is given back once where the answer to the refund is lost',
  ),
  ofRules(
    'refund that the bank is at taken for done',
    "    case 'pending':\n    case 'requires-action':\n    case 'other':\n      return later({ ...orphan, state: 'refunding' }, now);",
    "    case 'pending':\n    case 'requires-action':\n    case 'other':\n      return later({ ...orphan, state: 'returned', refunded: orphan.captured }, now);",
    'waits for the bank',
  ),
  ofRules(
    'refund that failed made again without a person',
    "if (before?.code === 'refund-refused' || before?.code === 'refund-failed')",
    "if (before?.code === 'refund-refused')",
    'waits for a person where the refund fails',
  ),
  ofRules(
    'movement of an orphan booked twice',
    'amount === 0n || of === null || booked.includes(kind)',
    'amount === 0n || of === null',
    'is given back where a method has captured it at once',
  ),
  ofRules(
    'intent that may have been made not looked for',
    'const own = isCancelledNow && (reference !== null || mayBeMade) ? [reference] : [];',
    'const own = isCancelledNow && reference !== null ? [reference] : [];',
    'is found by its time, and is cancelled',
  ),
  {
    name: 'orphan taken by two processes at once',
    file: 'src/payments/orphans.statements.ts',
    find: 'for no key update skip locked\n     ), taken',
    replace: '\n     ), taken',
    test,
    says: 'is left alone by somebody else who sees to it at the same time',
  },
];
