/** Lock, decide, write. See mutations.mjs. */
export default [
  {
    name: 'answer before commit',
    file: 'src/postgres/transaction.ts',
    find: 'dataSource.transaction(work)',
    replace: `new Promise<T>((resolve, reject) => {
        const answered = async (tx: EntityManager): Promise<T> => {
          const answer = await work(tx);
          resolve(answer);
          return answer;
        };
        dataSource.transaction(answered).catch(reject);
      })`,
    test: 'test/ledger/lost-connection.test.ts',
    says: 'at COMMIT itself is no answer, whatever had been decided',
  },
  {
    name: 'lost COMMIT not asked after',
    file: 'src/postgres/run-command.ts',
    find: '      else if (isOutage(error) && !tookTooLong(error)) [outages, outage] = [outages + 1, error];\n',
    replace: '',
    test: 'test/ledger/lost-connection.test.ts',
    says: 'after COMMIT has its effect once, and the call answers what it has kept, which is no replay',
    red: 'Connection terminated unexpectedly',
  },
  {
    name: 'held row after a lost COMMIT told as nothing done',
    file: 'src/postgres/run-command.ts',
    find: '      if (isLockTimeout(error) && outage !== undefined) throw outage;\n',
    replace: '',
    test: 'src/postgres/run-command.test.ts',
    says: 'that finds a row held after an outage has met the outage',
  },
  {
    name: 'taken keys counted as outages',
    file: 'src/postgres/run-command.ts',
    find: 'keysTaken.push(key);',
    replace: 'outages += 1;',
    test: 'src/postgres/run-command.test.ts',
    says: 'is run again for each key that is taken',
  },
  {
    name: 'corrupt row tried as often as the list is long',
    file: 'src/postgres/run-command.ts',
    find: '        if (key !== undefined && keysTaken.includes(key)) throw error;\n',
    replace: '',
    test: 'test/ledger/corrupt-account.test.ts',
    says: 'a transfer on it is tried twice, however many are with it',
  },
  {
    name: 'statement that took too long run again',
    file: 'src/postgres/run-command.ts',
    find: ' && !tookTooLong(error)',
    replace: '',
    test: 'src/postgres/run-command.test.ts',
    says: 'that has waited too long is not run again',
  },
  {
    name: 'lock order not sorted: accounts',
    file: 'src/ledger/account.statements.ts',
    find: 'where id = any($1::bigint[]) order by id for no key update',
    replace: 'where id = any($1::bigint[]) order by array_position($1::bigint[], id) for no key update',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'are locked in one order, whichever way value goes between them',
  },
  {
    name: 'lock order not sorted: accounts that are made',
    file: 'src/ledger/account.statements.ts',
    find: '     order by g.title collate "C", g.owner collate "C", g.asset collate "C"\n',
    replace: '     order by array_position($2::text[], g.owner)\n',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'are made in one order, whatever order they are named in',
  },
  {
    name: 'lock order not sorted: keys of transfers',
    file: 'src/ledger/transfer.statements.ts',
    find: '      order by g.title collate "C", g.key collate "C"),',
    replace: '),',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'and another, in two lists that name them in two orders, wait for each other one way only',
  },
  {
    name: 'lock order not sorted: keys of cancellations',
    file: 'src/ledger/outcome.statements.ts',
    find: '     order by title collate "C", key collate "C" on conflict do nothing`,',
    replace: '     on conflict do nothing`,',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'whose keys are named in two orders wait for each other one way only',
  },
  {
    name: 'lock order not sorted: holds',
    file: 'src/inventory/holds.statements.ts',
    find: 'as k(exchange, title, state, code, detail, moves, mints, missing) order by exchange collate "C"`,',
    replace: 'as k(exchange, title, state, code, detail, moves, mints, missing)`,',
    test: 'test/inventory/holds-at-once.test.ts',
    says: 'two lists whose keys are in opposite orders wait for each other one way only',
  },
  {
    name: 'snapshot read in the waiting statement: accounts are read before they are locked',
    file: 'src/ledger/ledger.service.ts',
    find: `      await lockAccounts(tx, accounts);
      const stored = await readStored(tx, elements, accounts);`,
    replace: `      const stored = await readStored(tx, elements, accounts);
      await lockAccounts(tx, accounts);`,
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'are spent once by many who all saw the same balance, and each decides on what it finds afterwards',
  },
  {
    name: 'snapshot read in the waiting statement: instances are read before they are locked',
    file: 'src/inventory/inventory.service.ts',
    find: `      await lockInstances(tx, instances);
      const stored = await readStored(tx, { exchanges: exchangesOf(requests), instances, items, locked });`,
    replace: `      const stored = await readStored(tx, { exchanges: exchangesOf(requests), instances, items, locked });
      await lockInstances(tx, instances);`,
    test: 'test/inventory/holds-at-once.test.ts',
    says: 'whoever had to wait for an instance decides on what it finds afterwards, at its first attempt',
  },
  {
    name: 'connection lost as it is handed out ends the process',
    file: 'src/postgres/data-sources.ts',
    find: 'onConnect: (client: Client) => setUp(client, settings, silent),',
    replace: '',
    test: 'test/postgres/lost-connection.test.ts',
    says: 'is an outage of one command, which is run again, and no more',
    red: 'terminating connection due to administrator command',
  },

  {
    name: 'reads prepared',
    file: 'src/postgres/prepared-statements.ts',
    find: 'if (!isInTransaction && !alone.has(asked))',
    replace: 'if (!isInTransaction && asked.length === 0)',
    test: 'test/postgres/prepared-statements.test.ts',
    says: 'what is read outside of a transaction is not prepared',
  },
  {
    name: 'commands parsed each time',
    file: 'src/postgres/prepared-statements.ts',
    find: '...preparedAs(asked),',
    replace: 'text: asked,',
    test: 'test/postgres/prepared-statements.test.ts',
    says: 'a statement of a command is prepared once for its connection, and answers by its values each time',
  },
  {
    name: 'plans kept for lists of any length',
    file: 'src/postgres/data-sources.ts',
    find: "  plan_cache_mode: 'force_custom_plan',\n",
    replace: '',
    test: 'test/postgres/prepared-statements.test.ts',
    says: 'a prepared statement is planned for the list that it is given, and not for any',
  },
];
