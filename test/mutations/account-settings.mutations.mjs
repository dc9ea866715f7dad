/** What operators set of accounts: what a state forbids, who may owe, and the list of it all. See mutations.mjs. */
const test = 'test/ledger/account-settings.test.ts';
const transfers = 'src/ledger/transfer.rules.ts';
const service = 'src/ledger/account-settings.service.ts';

export default [
  {
    name: 'frozen account that pays',
    file: transfers,
    find: "if (source !== 'open' &&",
    replace: "if (source === 'closed' &&",
    test,
    says: 'frozen lets nothing leave',
  },
  {
    name: 'closed account that is given something new',
    file: transfers,
    find: "if (destination === 'closed' && !owed)",
    replace: "if (destination === 'closed' && owed)",
    test,
    says: 'closed lets in what a reversal gives back, and nothing new',
  },
  {
    name: 'closed account that is not given what is owed',
    file: transfers,
    find: "if (destination === 'closed' && !owed)",
    replace: "if (destination === 'closed')",
    test,
    says: 'closed lets in what a reversal gives back, and nothing new',
  },
  {
    name: 'account set without its lock',
    file: service,
    find: 'await lockAccounts(tx, found.accounts);',
    replace: '',
    test,
    says: 'set by many at once to the same is one change',
  },
  {
    name: 'account that was made for nothing kept',
    file: service,
    find: 'await deleteMade(tx, found.made);',
    replace: '',
    test,
    says: 'that is so already makes no account, no change and no fact',
  },
  {
    name: 'income refused below the debt limit',
    file: 'src/ledger/books.rules.ts',
    find: 'after.debits === before.debits ||',
    replace: '',
    test,
    says: 'that is lowered leaves what is owed',
  },
];
