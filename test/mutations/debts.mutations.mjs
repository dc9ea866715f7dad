/** Forced debits, and what is owed after them. See mutations.mjs. */
const test = 'test/ledger/debts.test.ts';
const books = 'src/ledger/books.rules.ts';
const statements = 'src/ledger/transfer.statements.ts';

export default [
  {
    name: 'debit forced without its scope',
    file: 'src/ledger/transfers.controller.ts',
    find: "if (debit !== undefined && !scopes.has('transfers:force'))",
    replace: "if (debit !== undefined && !scopes.has('transfers:write'))",
    test: 'test/ledger/debts-http.test.ts',
    says: 'a key without the scope transfers:force forces nothing',
  },
  {
    name: 'debt not kept',
    file: books,
    find: 'const more = isPlayer(account) ? shortfall(after) - shortfall(before) : 0n;',
    replace: 'const more = isPlayer(account) && shortfall(after) < shortfall(before) ? -shortfall(before) : 0n;',
    test,
    says: 'takes what a player does not have',
    red: 'owed_is_known',
  },
  {
    name: 'payment that pays more than is owed',
    file: books,
    find: 'amount: -more, before: before.owed - shortfall(before)',
    replace: 'amount: after.credits, before: before.owed - shortfall(before)',
    test,
    says: 'is paid oldest first',
  },
  {
    name: 'payment that begins at the beginning',
    file: books,
    find: 'before: before.owed - shortfall(before)',
    replace: 'before: 0n',
    test,
    says: 'is paid oldest first',
    red: 'duplicate key',
  },
  {
    name: 'debt evaded by income that is spent at once',
    file: books,
    find: 'after.debits === before.debits ||',
    replace: 'available(after) >= available(before) ||',
    test,
    says: 'is not evaded by income that is spent in the same transfer',
  },
  {
    name: 'forced debit that asks system owners for nothing',
    file: books,
    find: 'touched.filter(({ account }) => !isPlayer(account));',
    replace: 'touched.filter(() => false);',
    test,
    says: 'asks system owners for their funds all the same',
  },
  {
    name: 'what is available counted without the legs before',
    file: books,
    find: 'available(this.draft(from)) + (moved.get(from.id) ?? 0n)',
    replace: 'available(this.draft(from))',
    test,
    says: 'counts what a leg before it has moved',
  },
  {
    name: 'replay that tells the legs that were asked for',
    file: 'src/ledger/outcome.statements.ts',
    find: 'else if (last !== undefined) last.to = row.owner;',
    replace: '',
    test,
    says: 'takes what is there and writes off the rest',
  },
  {
    name: 'minimum that any debit lowers',
    file: statements,
    find: 'case when g.forced then',
    replace: 'case when g.forced or not g.forced then',
    test: 'test/ledger/debt-walls.test.ts',
    says: 'refuses a debit below the minimum that no rule has forced',
  },
];
