/** What holds the mints of exchanges together. @type {import('./mutations.mjs').Mutation[]} */
const editions = 'src/inventory/editions.rules.ts';
const rules = 'src/inventory/editions.rules.test.ts';
const statements = 'src/inventory/holds.statements.ts';
const mints = 'test/inventory/mints.test.ts';

export default [
  {
    name: 'limited item minted beyond its limit within one list',
    file: editions,
    find: 'item.limit !== null && this.taken(item) + count > item.limit',
    replace: 'item.limit !== null && item.issued + item.reserved + count > item.limit',
    test: rules,
    says: 'counts what an earlier element of its list has reserved',
  },
  {
    name: 'reservation of a limited item not counted against it',
    file: editions,
    find: 'return item.issued + item.reserved +',
    replace: 'return item.issued +',
    test: rules,
    says: 'the limit holds and the serials have no gap',
  },
  {
    name: 'retired item minted',
    file: editions,
    find: 'if (item.retired)',
    replace: 'if (item.retired && count > 1_000)',
    test: rules,
    says: 'a retired item is refused, and reserves nothing',
  },
  {
    name: 'limit of an item raised',
    file: editions,
    find: 'wanted < now && wanted >= taken',
    replace: 'wanted >= taken',
    test: rules,
    says: 'a limit of 5 with 0 taken can become 6: false',
  },
  {
    name: 'limit of an item lowered below what is taken',
    file: editions,
    find: 'wanted < now && wanted >= taken',
    replace: 'wanted < now',
    test: mints,
    says: 'a limit is lowered to what is taken and no further',
    red: '23514',
  },
  {
    name: 'reservation of a released hold kept',
    file: 'src/inventory/hold-end.rules.ts',
    find: 'else if (after.mints !== undefined) editions.giveBack(after.title, after.mints);',
    replace: '',
    test: mints,
    says: 'gives back what it has reserved, and a late hold is not made',
  },
  {
    name: 'hold ended by hand mints what was not booked',
    file: 'src/inventory/hold-end.rules.ts',
    find: 'isGiven: ({ exchange }) => booked.get(exchange) === true,',
    replace: 'isGiven: () => true,',
    test: rules,
    says: 'and is ended by hand mints if it is booked: false',
  },
  {
    name: 'limited item counted without its lock',
    file: 'src/inventory/inventory.service.ts',
    find: `      await lockLimitedItems(tx, items);
      await lockInstances(tx, instances);
      const stored`,
    replace: `      await lockInstances(tx, instances);
      const stored`,
    test: mints,
    says: 'a mint by a title and a hold that want the last one meet',
    red: 'violates check constraint',
  },
  {
    name: 'limited item minted that was defined after the locks',
    file: statements,
    find: 'limit === null || locked.has(key)',
    replace: 'limit === null || limit > 0 || locked.has(key)',
    test: mints,
    says: 'a hold is decided as if a limited item were not there that is defined while it waits',
  },
  {
    name: 'hold that only mints ended without the lock of its row',
    file: statements,
    find: "'select from inventory.holds where exchange = any($1::text[]) order by exchange for no key update'",
    replace: "'select from inventory.holds where exchange = any($1::text[])'",
    test: mints,
    says: 'a move and a release of an exchange that only mints meet',
    red: 'cannot be changed like this',
  },
  {
    name: 'reservation kept where an exchange is turned back',
    file: 'src/inventory/hold-end.rules.ts',
    find: 'else if (after.mints !== undefined) editions.giveBack(after.title, after.mints);',
    replace: '',
    test: 'test/saga/interleavings.test.ts',
    says: 'two and three runs of one exchange keep to the protocol',
  },
  {
    name: 'what is booked not minted by an end by hand',
    file: 'src/inventory/hold-end.rules.ts',
    find: 'isGiven: ({ exchange }) => booked.get(exchange) === true,',
    replace: 'isGiven: () => false,',
    test: 'test/saga/interleavings.test.ts',
    says: 'a run whose step fails for ever after the pivot ends when it is resolved',
  },
  {
    name: 'mints left out of the hold',
    file: 'workflows/settle-forward.ts',
    find: '    ...(mints !== undefined && { mints }),\n',
    replace: '',
    test: 'test/kinds/mixed-kinds.test.ts',
    says: 'the others settle, by steps that are made within the workflow task',
  },
  {
    name: 'stock given back for what is completed',
    file: 'src/exchanges/deals.service.ts',
    find: 'const givenUp = closed.filter(({ state }) => state !== this.kind.done).map(({ id }) => id);',
    replace: 'const givenUp = closed.map(({ id }) => id);',
    test: 'test/kinds/mixed-kinds.test.ts',
    says: 'the others settle, by steps that are made within the workflow task',
  },
];
