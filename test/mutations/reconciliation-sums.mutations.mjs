/** The sums by which reconciliation looks at many records at once. See mutations.mjs. */
const books = 'test/reconciliation/value/books.test.ts';
const deals = 'test/reconciliation/value/deals.test.ts';
const runs = 'test/reconciliation/runs.test.ts';
const value = 'src/reconciliation/value';

export default [
  ...[
    [
      'instances of another title',
      'on i.title <> n.title',
      'on false',
      'of another title that a deal has moved is found',
    ],
    [
      'holds that are held still',
      "state in ('held', 'ended-by-hand'))",
      "state = 'ended-by-hand')",
      'whose instances have gone elsewhere than it says is found',
    ],
    [
      'what they say',
      "(select coalesce(sum(${pieceHash('exchange')}), 0) from named where state = 'moved')",
      "(select coalesce(sum(${pieceHash('cause')}), 0) from (${givenByDeals}) given)",
      'whose instances have gone elsewhere than it says is found',
    ],
  ].map(([what, find, replace, says]) => ({
    name: `sums of holds that leave out ${what}`,
    ...{ file: `${value}/many-holds.reads.ts`, find, replace, test: books, says },
  })),
  ...[
    ['whose they are', 'ends = beginnings + states and ', '', 'without a movement, with a gap, or that is elsewhere'],
    ['what a movement may be', ' and odd = 0', '', 'that changes its owner while it is set aside is found'],
    ['who holds them', ' and lost = 0', '', 'that is set aside by its movements, and not by a hold, is found'],
  ].map(([what, find, replace, says]) => ({
    name: `sums of instances that leave out ${what}`,
    ...{ file: `${value}/instances.reads.ts`, find, replace, test: books, says },
  })),
  {
    name: 'sum of a title that forgets where its last slice was',
    file: `${value}/account-sums.reads.ts`,
    find: 'sums = new Map([...sums].filter(([, sum]) => sum.title === last?.title));',
    replace: 'sums = new Map();',
    test: 'test/reconciliation/value/sums.test.ts',
    says: 'in slices of 1 rows accounts come to the same',
  },
  {
    name: 'sums read slice by slice of what goes on',
    file: 'src/reconciliation/readers.ts',
    find: "inOneSnapshot: (read) => readOnly(source, read, 'REPEATABLE READ'),",
    replace: 'inOneSnapshot: (read) => readOnly(source, read),',
    test: runs,
    says: 'sums up what there was at one moment, however many statements that takes',
  },
  {
    name: 'check that may write',
    file: 'src/reconciliation/readers.ts',
    find: "await tx.query('set transaction read only');",
    replace: '',
    test: runs,
    says: 'reads alone by the connections that its checks look with',
  },
  ...[
    ['amounts', 'row?.legs === legs && ', 'row !== undefined && ', 'and booked with another amount is found on each'],
    ['transfers beside the kept one', "row.unkept === '0' && ", '', 'and booked beside what the ledger keeps is found'],
    ['handing over', 'row?.handovers === handovers && ', 'row !== undefined && ', 'and handed over twice, to somebody'],
    ['holds that are held still', ' && row.odd === 0', '', 'and whose hold is still held is found'],
    ['transfers without entries', " && row.empty === '0'", '', 'and has a transfer without entries is found'],
    ['holds that are not there', ' && row.holds === holds', '', 'and whose hold is still held, or is not there, is'],
  ].map(([what, find, replace, says]) => ({
    name: `sums of a slice of deals that leave out ${what}`,
    ...{ file: `${value}/deal-totals.reads.ts`, find, replace, test: deals, says },
  })),
  {
    name: 'sums of legs that take what is given for what is taken',
    file: 'src/reconciliation/value/deal-totals.reads.ts',
    find: 'hash_numeric_extended(${amount} + 1e18, deal)',
    replace: 'hash_numeric_extended(${amount}, deal)',
    test: 'test/reconciliation/value/deals.test.ts',
    says: 'and booked the wrong way round is found on each account',
  },
  {
    name: 'legs of a deal that take what is given for what is taken',
    file: 'src/reconciliation/value/deal-digests.reads.ts',
    find: 'hash_numeric_extended(${amount} + 1e18, $1::bigint)',
    replace: 'hash_numeric_extended(${amount}, $1::bigint)',
    test: 'test/reconciliation/value/deals.test.ts',
    says: 'and booked the wrong way round is found on each account',
  },
];
