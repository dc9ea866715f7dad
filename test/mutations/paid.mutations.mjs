/** What is paid: refused for nothing, in currencies made once, out of the reach of titles. See mutations.mjs. */
const paid = 'test/ledger/paid.test.ts';
const accounts = 'src/ledger/account.statements.ts';
const currencies = 'src/ledger/currency.statements.ts';

export default [
  {
    name: 'what is paid refused by a frozen account',
    file: 'src/ledger/transfer.rules.ts',
    find: "if (element.kind === 'paid') return books.book(ends, paidTerms);",
    replace:
      "if (element.kind === 'paid' && refusalByState('paid', ends, books) === undefined) return books.book(ends, paidTerms);",
    test: paid,
    says: 'is booked also on accounts that are frozen',
  },
  {
    name: 'what is paid refused by a limit',
    file: 'src/ledger/transfer.rules.ts',
    find: "const paidTerms: Terms = { funds: 'of nobody', limits: false",
    replace: "const paidTerms: Terms = { funds: 'of nobody', limits: true",
    test: paid,
    says: 'is booked also above what a player can hold',
  },
  {
    name: 'what is paid booked where a balance would not fit',
    file: 'src/ledger/books.rules.ts',
    find: '?? refusalByOverflow(entries);',
    replace: ';',
    test: 'src/ledger/books.rules.test.ts',
    says: 'is booked whatever the funds and limits say',
  },
  {
    name: 'refusal of what is paid not kept',
    file: 'src/ledger/transfer.rules.ts',
    find: "element.kind === 'exchange' || element.kind === 'paid' || outcome",
    replace: "element.kind === 'exchange' || outcome",
    test: paid,
    says: 'is refused for good',
  },
  {
    name: 'what is paid booked as an exchange',
    file: 'activities/ledger.activities.ts',
    find: "const kind = paid === true ? 'paid' : 'exchange';",
    replace: "const kind = paid === undefined ? 'exchange' : 'exchange';",
    test: 'test/ledger/paid-http.test.ts',
    says: 'books a transfer of kind paid',
  },
  {
    name: 'purchase granted once for each run',
    file: 'activities/ledger.activities.ts',
    find: 'const keyOf = (id: string): string => `exchange/${id}`;',
    replace: 'const keyOf = (id: string): string => `exchange/${id}/${performance.now()}`;',
    test: 'test/ledger/paid-http.test.ts',
    says: 'a step that is made again grants nothing more',
  },
  {
    name: 'clearing of a provider that is short of funds',
    file: accounts,
    find: "case when g.owner = 'system:mint' or g.owner ^@ 'system:clearing:' then",
    replace: "case when g.owner = 'system:mint' then",
    test: paid,
    says: 'takes from the clearing of a provider also what it does not have',
    red: 'available_is_enough',
  },
  {
    name: 'clearing and currencies named by what is not paid',
    file: 'src/ledger/element.rules.ts',
    find: "return kind === 'paid' ? paidForms : legForms;",
    replace: "return kind === 'reversal' ? legForms : paidForms;",
    test: paid,
    says: 'is nothing that a transfer of kind transfer can name',
  },
  {
    name: 'what is paid taken from a player',
    file: 'src/ledger/element.rules.ts',
    find: 'from: whole(`(system:mint|${clearingForm})`),',
    replace: 'from: whole(`(${ownerForm}|${clearingForm})`),',
    test: 'src/ledger/element.rules.test.ts',
    says: 'a leg that is paid and comes from a player',
  },
  {
    name: 'currency never made',
    file: accounts,
    find: 'const facts = currencies.length === 0 ? []',
    replace: 'const facts = currencies.length >= 0 ? []',
    test: paid,
    says: 'is made with its decimals when it is paid in first',
  },
  {
    name: 'currency made twice by two at once',
    file: currencies,
    find: `select g.title, g.code, g.code, 'currency', g.scale, false
     from unnest($1::text[], $2::text[], $3::int[]) as g(title, code, scale)
     order by g.title collate "C", g.code collate "C"
     on conflict do nothing returning`,
    replace: `select distinct g.title collate "C", g.code collate "C", g.code, 'currency', g.scale, false
     from unnest($1::text[], $2::text[], $3::int[]) as g(title, code, scale)
     order by g.title collate "C", g.code collate "C"
     on conflict (title, code) do update set version = assets.version + 1 returning`,
    test: paid,
    says: 'that two make at once is made once',
  },
  {
    name: 'currency not told',
    file: 'src/ledger/transfer.statements.ts',
    find: '[...made.facts, ...transfers.flatMap(transferFacts)]',
    replace: 'transfers.flatMap(transferFacts)',
    test: paid,
    says: 'is made with its decimals when it is paid in first',
  },
  {
    name: 'lock order not sorted: currencies',
    file: currencies,
    find: '     order by g.title collate "C", g.code collate "C"\n',
    replace: '',
    test: paid,
    says: 'in two lists that name them in two orders',
  },
  {
    name: 'currency asked for at each call',
    file: accounts,
    find: 'if (accounts.length === names.length) return',
    replace: 'if (accounts.length === names.length && !names.some(({ asset }) => isCurrency(asset))) return',
    test: paid,
    says: 'that is there costs no statement',
  },
];
