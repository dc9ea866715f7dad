/** The deal's row. See mutations.mjs. */
export default [
  {
    name: 'close not conditional',
    file: 'src/trades/trades.statements.ts',
    find: 'where t.id = c.id and t.closed_at is null',
    replace: 'where t.id = c.id',
    test: 'test/saga/exchange-saga.test.ts',
    says: 'a trade that is closed stays as it is, however it is closed again',
    red: 'is closed and never changes',
  },
  {
    name: 'close not told',
    file: 'src/trades/trades.statements.ts',
    find: "{ from: 'closed',",
    replace: "{ from: '(select * from closed where false) as closed',",
    test: 'test/saga/exchange-saga.test.ts',
    says: 'two runs of one exchange come to one end',
  },
  {
    name: 'sweep that skips started rows',
    file: 'src/exchanges/sweep.service.ts',
    find: ', () => this.sendOrphans(deals, failures, until)]',
    replace: ']',
    test: 'test/e2e/trades.test.ts',
    says: 'and whose run was terminated',
    red: 'the sweep settles it: not within',
  },
  {
    name: 'sweep that skips rows that were never started',
    file: 'src/exchanges/sweep.service.ts',
    find: '[() => this.sendForgotten(deals, failures), ',
    replace: '[',
    test: 'test/e2e/trades.test.ts',
    says: 'and never started, as by a process that dies right after its COMMIT',
    red: 'the sweep settles it: not within',
  },
];
