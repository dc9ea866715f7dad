/**
 * Every protection of the saga protocol and of the list commands, by a change that takes it away.
 *
 * - `name` is what is missing then.
 * - `file`, `find` and `replace` are the change. The text must be in the file exactly once.
 * - `test` and `says` are the file of the test that catches it, and a part of the test's name.
 * - `red` is what the failure says, where it is no failed `expect` and no broken property of the protocol.
 */
export const mutations = [
  // What the participants keep.
  {
    name: 'no key: an exchange is booked under another one at every attempt',
    file: 'activities/ledger.activities.ts',
    find: 'const keyOf = (id: string): string => `exchange/${id}`;',
    replace: 'const keyOf = (id: string): string => `exchange/${id}/${Math.random()}`;',
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'settles once although the answer of ledgerTransfer is lost twice',
  },
  {
    name: 'no key: a trade is accepted under another one at every request',
    file: 'src/trades/trades.service.ts',
    find: 'const accepted = await insertTrades(tx, trades);',
    replace: 'const accepted = await insertTrades(tx, trades.map((trade) => ({ ...trade, key: trade.id })));',
    test: 'test/e2e/trades.test.ts',
    says: 'the same key fifty times at once, across two processes, is one trade',
  },
  {
    name: 'fingerprint not compared: a key answers another request',
    file: 'src/ledger/transfer.rules.ts',
    find: '!fingerprint.equals(element.fingerprint)',
    replace: 'false',
    test: 'test/ledger/transfers.test.ts',
    says: 'with another body is said to be used, and nothing changes',
  },
  {
    name: 'refusal not kept: the ledger',
    file: 'src/ledger/transfer.rules.ts',
    find: "  if (element.kind === 'exchange' || outcome.outcome !== 'refused') return true;\n",
    replace: "  if (outcome.outcome !== 'refused') return true;\n  if (outcome.outcome === 'refused') return false;\n",
    test: 'test/ledger/transfers.test.ts',
    says: 'that was refused stays refused when the funds have come',
  },
  {
    name: 'refusal not kept: the inventory',
    file: 'src/inventory/inventory.service.ts',
    find: 'await keepHolds(tx, keep);',
    replace: "await keepHolds(tx, keep.filter(({ state }) => state !== 'refused'));",
    test: 'test/inventory/holds.test.ts',
    says: 'that was refused is refused for ever',
  },
  {
    name: 'tombstone missing: a release of nothing leaves nothing',
    file: 'src/inventory/inventory.service.ts',
    find: '      await keepHolds(tx, tombstones);\n',
    replace: '      void tombstones;\n',
    test: 'test/inventory/holds.test.ts',
    says: 'that release finds nothing of keeps a tombstone, and a late hold is not made',
  },
  {
    name: 'tombstone missing: the protocol without it',
    file: 'src/inventory/inventory.service.ts',
    find: '      await keepHolds(tx, tombstones);\n',
    replace: '      void tombstones;\n',
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'hold not in the call: an instance is held for two elements of a list',
    file: 'src/inventory/hold.rules.ts',
    find: '        for (const instance of verdict) taken.add(instance.id);\n',
    replace: '',
    test: 'src/inventory/holds.rules.test.ts',
    says: 'of an instance that an earlier element of the list holds is refused',
  },
  {
    name: 'owner not asked: an instance is held whoever owns it',
    file: 'src/inventory/hold.rules.ts',
    find: 'if (owner !== move.from)',
    replace: "if (owner === 'nobody')",
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'by the inventory never asks the ledger',
  },
  {
    name: 'funds not asked',
    file: 'src/ledger/books.rules.ts',
    find: 'if (available(after) >= minAvailable || minAvailable <= -largestAmount) return undefined;',
    replace: 'if (available(after) >= minAvailable - largestAmount) return undefined;',
    test: 'src/ledger/books.rules.test.ts',
    says: 'everything can be taken, and not one more',
  },

  // Lock, decide, write.
  {
    name: 'answer before commit',
    file: 'src/postgres/run-command.ts',
    find: 'return await dataSource.transaction(work);',
    replace: `return await new Promise<T>((resolve, reject) => {
        const answered = async (tx: EntityManager): Promise<T> => {
          const answer = await work(tx);
          resolve(answer);
          return answer;
        };
        dataSource.transaction(answered).catch(reject);
      });`,
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'at COMMIT itself is no answer, whatever had been decided',
  },
  {
    name: 'lost COMMIT not asked after',
    file: 'src/postgres/run-command.ts',
    find: 'if (attempt >= attempts || tookTooLong(error) || !(isUniqueViolation(error) || isOutage(error))) throw error;',
    replace: 'if (attempt >= attempts || tookTooLong(error) || !isUniqueViolation(error)) throw error;',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'after COMMIT has its effect once, and the call answers what is kept',
    red: 'Connection terminated unexpectedly',
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
    find: '     order by title collate "C", key collate "C" on conflict do nothing returning title, key`,',
    replace: '     on conflict do nothing returning title, key`,',
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'whose keys are named in two orders wait for each other one way only',
  },
  {
    name: 'lock order not sorted: holds',
    file: 'src/inventory/holds.statements.ts',
    find: 'as k(exchange, title, state, code, detail, moves) order by exchange`,',
    replace: 'as k(exchange, title, state, code, detail, moves)`,',
    test: 'test/inventory/holds-at-once.test.ts',
    says: 'two lists whose keys are in opposite orders wait for each other one way only',
  },
  {
    name: 'snapshot read in the waiting statement: accounts are read before they are locked',
    file: 'src/ledger/ledger.service.ts',
    find: `      await lockAccounts(tx, accounts);
      const decision = decideTransfers(elements, await readStored(tx, elements, accounts));`,
    replace: `      const stored = await readStored(tx, elements, accounts);
      await lockAccounts(tx, accounts);
      const decision = decideTransfers(elements, stored);`,
    test: 'test/ledger/transfers-at-once.test.ts',
    says: 'are spent once by many who all saw the same balance, and each decides on what it finds afterwards',
  },
  {
    name: 'snapshot read in the waiting statement: instances are read before they are locked',
    file: 'src/inventory/inventory.service.ts',
    find: `      await lockInstances(tx, instances);
      const stored = await readStored(tx, exchangesOf(requests), instances);
      const { outcomes, keep, changes }`,
    replace: `      const stored = await readStored(tx, exchangesOf(requests), instances);
      await lockInstances(tx, instances);
      const { outcomes, keep, changes }`,
    test: 'test/inventory/holds-at-once.test.ts',
    says: 'whoever had to wait for an instance decides on what it finds afterwards, at its first attempt',
  },
  {
    name: 'connection lost as it is handed out ends the process',
    file: 'src/postgres/data-sources.ts',
    find: 'onConnect: survive,',
    replace: '',
    test: 'test/postgres/lost-connection.test.ts',
    says: 'is an outage of one command, which is run again, and not the end of the process',
    red: 'terminating connection due to administrator command',
  },

  // The saga.
  {
    name: 'timeout taken for refusal',
    file: 'activities/ledger.activities.ts',
    find: 'const results = await ledger.transfer(some.map(elementOf));',
    replace: "const results = await ledger.transfer(some.map(elementOf)).catch((): TransferResult[] => some.map(() => ({ outcome: 'refused', replayed: false, cause: { code: 'insufficient-funds', detail: 'It took too long.' } })));",
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'is asked again and not taken for one that refuses: ledger.transfer',
  },
  {
    name: 'step given up after one attempt',
    file: 'workflows/exchange-steps.ts',
    find: "retry: { initialInterval: '200 milliseconds',",
    replace: "retry: { maximumAttempts: 1, initialInterval: '200 milliseconds',",
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'settles once although the answer of inventoryMove is lost twice',
    red: 'Workflow execution failed',
  },
  {
    name: 'undo before the pivot answered',
    file: 'workflows/settle-exchanges.ts',
    find: '    const [withLegs, itemsOnly] = await Promise.all([',
    replace: `    await release(convoy, exchanges.filter(hasLegs).map((exchange) => ({ exchange, pivot: { done: false, state: 'compensated', cause } })));
    const [withLegs, itemsOnly] = await Promise.all([`,
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'pivot not asked: what is turned back is taken for not done',
    file: 'workflows/settle-exchanges.ts',
    find: '    const pivot = ledgerAnswer(answer);',
    replace: "    const pivot = ledgerAnswer({ ...answer, outcome: 'cancelled', cause: { code: 'x', detail: 'x' } });",
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'undo cancelled with its workflow',
    file: 'workflows/settle-exchanges.ts',
    find: 'return CancellationScope.nonCancellable(async () => (await Promise.all([finish(convoy, posted, []), close(convoy, closings)])).flat());',
    replace: 'return (await Promise.all([finish(convoy, posted, []), close(convoy, closings)])).flat();',
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'hold refused and booked all the same',
    file: 'workflows/settle-exchanges.ts',
    find: "else if (answer?.outcome === 'refused') refused.push({ id: exchange.id, state: 'refused', cause: answer.cause });",
    replace: "else if (answer?.outcome === 'refused') held.push(exchange);",
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'tombstone taken for a refusal',
    file: 'workflows/settle-exchanges.ts',
    find: "else if (answer?.outcome === 'tombstone') tombstoned.push(exchange);",
    replace: "else if (answer?.outcome === 'tombstone') refused.push({ id: exchange.id, state: 'refused', cause: answer.cause });",
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'tombstone closed without the pivot',
    file: 'workflows/settle-exchanges.ts',
    find: '    turnBack(convoy, tombstoned, cancelledByOperator).then((turned) => finishBack(convoy, turned)),',
    replace: "    close(convoy, tombstoned.map(({ id }) => ({ id, state: 'compensated' as const, cause: cancelledByOperator }))),",
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'refused hold forgotten by the release',
    file: 'workflows/exchange.rules.ts',
    find: "  if (release.outcome === 'refused') return closingOf(exchange, holdAnswer(release));\n",
    replace: '',
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'operator not waited for at the end of the run',
    file: 'workflows/settle-exchanges.ts',
    find: '      await condition(allHandlersFinished);',
    replace: '      void condition; void allHandlersFinished;',
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'operator turns back a run of several',
    file: 'workflows/exchange.rules.ts',
    find: 'if (exchanges.length !== 1) throw',
    replace: 'if (exchanges.length < 1) throw',
    test: 'test/saga/turn-back.test.ts',
    says: 'is refused by a run that settles several',
  },

  // Convoys.
  {
    name: 'outage taken for a bad element',
    file: 'src/postgres/isolate.ts',
    find: 'if (isOutage(error) || (done === 0',
    replace: 'if ((done === 0',
    test: 'src/postgres/batcher.test.ts',
    says: 'tells everybody in a call of an outage, and does not halve',
  },
  {
    name: 'bad element not looked for: its neighbours wait with it',
    file: 'src/postgres/isolate.ts',
    find: 'if (over !== undefined || some.length === 1) return some.map(() => ({ error }));',
    replace: 'return some.map(() => ({ error }));',
    test: 'test/convoys/leaving.test.ts',
    says: 'at transfer leaves, and the others settle without it',
    red: 'xceeded timeout',
  },
  {
    name: 'everybody leaves where nobody could be done',
    file: 'activities/isolate.ts',
    find: "if (first !== undefined && 'error' in first && results.every((result) => 'error' in result)) {",
    replace: "if (elements.length === 1 && first !== undefined && 'error' in first) {",
    test: 'test/convoys/leaving.test.ts',
    says: 'where no element can be done nobody leaves',
  },
  {
    name: 'leaver forgotten: nobody starts its own run',
    file: 'workflows/convoy.ts',
    find: '    this.starts.push(CancellationScope.nonCancellable(() => steps().startAlone.executeWithOptions({ summary }, [exchanges])));',
    replace: '    void CancellationScope; void steps; void summary;',
    test: 'test/saga/interleavings.test.ts',
    says: 'runs of lists, whole and halved, keep to the protocol',
  },
  {
    name: 'leaver taken for done',
    file: 'workflows/convoy.ts',
    find: 'for (const answer of given) if (!isFailed(answer)) answers.set(answer.id, answer);',
    replace: 'for (const answer of given) answers.set(answer.id, answer as O);',
    test: 'test/saga/interleavings.test.ts',
    says: 'runs of lists, whole and halved, keep to the protocol',
  },
  {
    name: 'answer of a run believed that has another list',
    file: 'workflows/contracts.ts',
    find: '  if (count !== elements.length) throw new Error(`${elements.length} elements were given and ${count} answered`);\n',
    replace: '  void count;\n',
    test: 'workflows/contracts.test.ts',
    says: 'are refused if they are those of another number of elements',
  },
  {
    name: 'convoy that waits for company on an idle machine',
    file: 'src/exchanges/departure.rules.ts',
    find: 'return underWay === 0 || full || size >= worthEach * underWay',
    replace: 'return full || size >= worthEach * (underWay + 1)',
    test: 'src/exchanges/departure.rules.test.ts',
    says: 'waits for nobody where nothing is under way',
    red: 'Property failed',
  },
  {
    name: 'batch without a bound',
    file: 'src/postgres/batcher.ts',
    find: 'if (this.waiting.length >= this.limits.waiting) {',
    replace: 'if (this.waiting.length >= Infinity) {',
    test: 'src/postgres/batcher.test.ts',
    says: 'sends away who finds too many waiting',
  },

  // The deal's row.
  {
    name: 'close not conditional',
    file: 'src/trades/trades.statements.ts',
    find: 'where t.id = c.id and t.closed_at is null',
    replace: 'where t.id = c.id',
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'a trade that is closed stays as it is, however it is closed again',
    red: 'is closed and never changes',
  },
  {
    name: 'close not told',
    file: 'src/trades/trades.statements.ts',
    find: 'jsonb_build_object(\'code\', reason_code, \'detail\', reason_detail)) end\n       from closed',
    replace: 'jsonb_build_object(\'code\', reason_code, \'detail\', reason_detail)) end\n       from closed where false',
    test: 'test/saga/settle-exchanges.test.ts',
    says: 'two runs of one exchange come to one end',
  },
  {
    name: 'sweep that skips started rows',
    file: 'src/exchanges/sweep.service.ts',
    find: ', () => this.sendOrphans(deals, failures)]',
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
