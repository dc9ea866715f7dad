/**
 * Bugs that the chaos run itself must go red for, in the form of test/mutations: `says` is a part of what its verdict
 * says.
 *
 * @typedef {object} Planted
 * @property {string} name what is wrong then
 * @property {string} file the file that is changed
 * @property {string} find the text that is changed; it is in the file exactly once
 * @property {string} replace what the text is changed to
 * @property {string} says a part of a line of the verdict
 * @property {'provider'} [faults] what must be struck for the bug to show; nothing where it is missing
 */

/** @type {Planted[]} */
export const planted = [
  {
    name: 'a movement is skipped',
    file: 'src/inventory/holds.statements.ts',
    find: 'select id, version, kind, from_owner, to_owner, cause from given),',
    replace: 'select id, version, kind, from_owner, to_owner, cause from given where version % 5 <> 0),',
    says: 'a movement is told that was not made',
  },
  {
    name: 'every fifth moved item goes to a third player',
    file: 'src/inventory/hold-end.rules.ts',
    find: `to: to ?? owner, cause: exchange };`,
    replace: `to: to === undefined ? owner : Number.parseInt(id.slice(-2), 16) % 5 === 0 ? 'player:third' : to, cause: exchange };`,
    says: 'asked for',
  },
  {
    name: 'balances in answers 7 too high',
    file: 'src/ledger/transfers.controller.ts',
    find: 'posted: balance.posted.toString()',
    replace: 'posted: (balance.posted + 7n).toString()',
    says: 'the balances were answered as',
  },
  {
    name: 'the available balance in answers 7 too high',
    file: 'src/ledger/transfers.controller.ts',
    find: 'available: balance.available.toString()',
    replace: 'available: (balance.available + 7n).toString()',
    says: 'the balances were answered as',
  },
  {
    name: 'list of transfers without its title',
    file: 'src/ledger/ledger.reads.ts',
    find: `const conditions = ['t.title = $1'];`,
    replace: `const conditions = ['$1::text is not null'];`,
    says: 'which belongs to',
  },
  {
    name: 'list of trades without its title',
    file: 'src/trades/trades.reads.ts',
    find: `const conditions = ['title = $1'];`,
    replace: `const conditions = ['$1::text is not null'];`,
    says: 'which belongs to',
  },
  {
    name: 'instance read without its title',
    file: 'src/inventory/inventory.reads.ts',
    find: 'from inventory.instances where title = $1 and id = $2',
    replace: 'from inventory.instances where $1::text is not null and id = $2',
    says: 'belongs to another title',
  },
  {
    name: 'balances of a player read 7 too high',
    file: 'src/ledger/account.rows.ts',
    find: 'const [posted, held] = [BigInt(row.posted), BigInt(row.held)];',
    replace: 'const [posted, held] = [BigInt(row.posted) + 7n, BigInt(row.held)];',
    says: 'is shown with',
  },
  {
    name: 'trades read as open for ever',
    file: 'src/exchanges/stored-deals.ts',
    find: 'return this.statements.dealOf(row);',
    replace: `return { ...this.statements.dealOf(row), state: 'accepted', reason: null };`,
    says: 'it was told as',
  },
  {
    name: 'refused for funds that are there',
    file: 'src/ledger/books.rules.ts',
    find: 'short <= 0n ||',
    replace: 'short <= -20n ||',
    says: 'was refused for insufficient-funds and that was not so',
  },
  {
    name: 'a replay tells other balances',
    file: 'src/ledger/outcome.statements.ts',
    find: 'posted: BigInt(row.posted), available: BigInt(row.available) });',
    replace: 'posted: BigInt(row.posted) + 1n, available: BigInt(row.available) });',
    says: 'the replay was answered',
  },
  {
    name: "two titles' keys mixed up",
    file: 'src/ledger/account-names.rules.ts',
    find: 'return `${title} ${key}`;',
    replace: 'return title === undefined ? key : key;',
    says: 'was refused for idempotency-key-reused and that was not so',
  },
  {
    name: 'an item that is not tradeable is traded',
    file: 'src/inventory/hold.rules.ts',
    find: 'if (!tradeable) return',
    replace: 'if (!tradeable && id === item) return',
    says: 'was not refused',
  },
  {
    name: 'three more are sold than the stock',
    file: 'src/purchases/sales.rules.ts',
    find: 'if (stock === null || sold + quantity <= stock) return undefined;',
    replace: 'if (stock === null || sold + quantity <= stock + 3) return undefined;',
    says: 'scarf was sold',
  },
  {
    name: 'every fifth purchase is counted as sold twice',
    file: 'src/purchases/sales.ts',
    find: 'await addSoldAndCounts(tx, purchases, ',
    replace: `await addSoldAndCounts(tx, [...purchases, ...purchases.filter(({ id }) => Number.parseInt(id.slice(-2), 16) % 5 === 0)], `,
    says: 'is counted as sold',
  },
  {
    name: 'a refused purchase keeps its stock',
    file: 'src/purchases/sales.ts',
    find: 'quantity: -one.quantity })',
    replace: 'quantity: 0 * one.quantity })',
    says: 'was declined for out-of-stock and that was not so',
  },
  {
    name: 'what a player may buy in all is not looked at',
    file: 'src/purchases/sales.rules.ts',
    find: 'if (limit !== null && has + quantity > limit)',
    replace: `if (limit !== null && period !== 'ever' && has + quantity > limit)`,
    says: 'badge was bought by',
  },
  {
    name: 'what a player may buy in a day is counted without today',
    file: 'src/purchases/sales.rules.ts',
    find: `const has = (before?.[period] ?? 0) + here;`,
    replace: `const has = (period === 'day' ? 0 : (before?.[period] ?? 0)) + here;`,
    says: 'ration was bought by',
  },
  {
    name: 'the store mints an instance too many',
    file: 'src/purchases/purchases.rules.ts',
    find: 'Array.from({ length: count * order.quantity }, newInstance)',
    replace: 'Array.from({ length: count * order.quantity + 1 }, newInstance)',
    says: 'has the content',
  },
  {
    name: 'the store grants what it sells twice',
    file: 'src/purchases/purchases.rules.ts',
    find: '...content.amounts.map((one) => ({ from:',
    replace: '...[...content.amounts, ...content.amounts].map((one) => ({ from:',
    says: 'points: it has',
  },
  {
    name: 'another price is good enough',
    file: 'src/purchases/purchases.rules.ts',
    find: 'if (total === pay.amount) return isMoney(pay)',
    replace: 'if (BigInt(total) <= BigInt(pay.amount)) return isMoney(pay)',
    says: 'a purchase at another price was not refused',
  },
  {
    name: 'list of purchases without its title',
    file: 'src/purchases/purchases.reads.ts',
    find: `const conditions = ['title = $1'];`,
    replace: `const conditions = ['$1::text is not null'];`,
    says: 'which belongs to',
  },
  {
    name: 'what is given back of an edition stays reserved',
    file: 'src/inventory/editions.rules.ts',
    find: 'this.change(title, code, { issued: 0, reserved: -count })',
    replace: 'this.change(title, code, { issued: 0, reserved: count - count })',
    says: 'reserved, and nothing is under way',
  },
  {
    name: 'a call to the provider that is not answered is taken for a decline',
    file: 'src/payments/payments.rules.ts',
    find: `    case 'denied':
      return about({ state: 'unknown' });`,
    replace: `    case 'denied':
      if (asked.kind === 'confirm') return turnedBackFor(about({ state: 'failed' }), declinedFor('no answer', answer.why));
      return about({ state: 'unknown' });`,
    says: 'was refused for payment-declined and that was not so',
    faults: 'provider',
  },
  {
    name: 'what is turned back is not cancelled at the provider',
    file: 'src/payments/payment-steps.rules.ts',
    find: 'if (reference === null) {',
    replace: 'if (reference === null || !attempt.looked) {',
    says: 'its intent is left as',
  },
  {
    name: 'a capture is sent with another key each time',
    file: 'src/payments/payments.service.ts',
    find: 'account.call({ kind, reference, key, body }, options)',
    replace:
      "account.call({ kind, reference, key: kind === 'capture' ? `${key}:${Math.random()}` : key, body }, options)",
    says: 'which was not written down',
  },
  {
    name: 'real money is booked to the store',
    file: 'src/purchases/purchases.rules.ts',
    find: 'to: `system:clearing:${pay.provider}`',
    replace: "to: 'system:store'",
    says: 'system:clearing:stripe EUR: it has',
  },
];

/** The faults of these bugs' texts are looked for as those of mutations are; what catches them is the run. */
export const asMutations = planted.map((bug) => ({ ...bug, test: 'test/chaos/run.ts' }));
