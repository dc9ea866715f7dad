/**
 * What providers say, as it was read from them. It is never filled by what we have recorded ourselves.
 *
 * - `version` is the SHA-256 of the body, and `settled` that of what can change no more, once there is such.
 * - `changed_at` is the last change of the body. `before` and `before_at` are the last change of what was settled.
 * - `about` is the intent of a charge, refund or dispute, and the source of a balance transaction.
 */
export const providerTables: readonly string[] = [
  `create table reconciliation.provider_objects (
    title text collate "C" not null,
    provider text collate "C" not null,
    kind text collate "C" not null check (kind in ('payment_intent', 'charge', 'refund', 'dispute',
      'balance_transaction', 'payout')),
    id text collate "C" not null,
    version text collate "C" not null check (version ~ '^[0-9a-f]{64}$'),
    settled text collate "C" check (settled ~ '^[0-9a-f]{64}$'),
    body jsonb not null,
    purchase text collate "C",
    about text collate "C",
    payout text collate "C",
    made_at timestamptz not null,
    first_seen text collate "C" not null,
    changed_at timestamptz,
    before jsonb,
    before_version text collate "C",
    before_at timestamptz,
    primary key (title, provider, kind, id),
    check ((before is null) = (before_at is null) and (before is null) = (before_version is null))
  ) with (fillfactor = 80)`,
  `create index provider_objects_by_purchase on reconciliation.provider_objects (title, provider, purchase)
    where purchase is not null and kind = 'payment_intent'`,
  `create index provider_objects_by_about on reconciliation.provider_objects (title, provider, about)
    where about is not null`,
  `create index provider_objects_by_payout on reconciliation.provider_objects (title, provider, payout)
    where payout is not null`,
  `create index provider_objects_payouts on reconciliation.provider_objects (title, provider, id)
    where kind = 'payout'`,
  'create index provider_objects_by_time on reconciliation.provider_objects (made_at)',
  `create index provider_objects_by_change on reconciliation.provider_objects (changed_at)
    where changed_at is not null`,
  // How far a run has read each list of an account. That something is missing is proved by a list that is whole alone.
  `create table reconciliation.provider_lists (
    title text collate "C" not null,
    provider text collate "C" not null,
    list text collate "C" not null,
    run text collate "C" not null,
    state text collate "C" not null check (state in ('reading', 'whole', 'broken')),
    read_from timestamptz,
    pages integer not null default 0,
    began_at timestamptz not null,
    primary key (title, provider, list, run)
  )`,
];
