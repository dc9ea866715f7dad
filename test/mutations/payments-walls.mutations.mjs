/** What the database refuses about payments and their calls. See mutations.mjs. */
const wall = (name, find, replace, says) => ({
  name,
  file: 'src/payments/migrations/create-payments.ts',
  find,
  replace,
  test: 'test/payments/walls.test.ts',
  says,
});

export default [
  wall(
    'payment captured or cancelled opened again',
    "(old.state in ('captured', 'cancelled') and new.state <> old.state)",
    "(old.state = 'nothing' and new.state <> old.state)",
    'to open a captured payment',
  ),
  wall(
    'payment given another intent',
    'or (old.reference is not null and new.reference is distinct from old.reference)',
    '',
    'to give a payment another intent',
  ),
  wall(
    'payment turned back and then not',
    'or (old.turned_back_code is not null and new.turned_back_code is distinct from old.turned_back_code)',
    '',
    'to take back that it is turned back',
  ),
  wall('body of a call changed', 'or new.body::text <> old.body::text', '', 'to change the body of a call'),
  wall(
    'body of a call kept as a value and not as it was sent',
    'key text collate "C" not null unique,\n    body json not null,',
    'key text collate "C" not null unique,\n    body jsonb not null,',
    'to lay out the body of a call anew',
  ),
  wall(
    'more captured than was agreed to',
    'captured bigint not null default 0 check (captured between 0 and amount),',
    'captured bigint not null default 0,',
    'more captured than was agreed to',
  ),
  wall(
    'payment captured of nothing',
    "check ((captured > 0) = (state = 'captured')),",
    '',
    'nothing captured of what is',
  ),
  wall(
    'two payments of one intent',
    'create unique index payments_by_reference',
    'create index payments_by_reference',
    'to have one intent pay for two',
  ),
];
