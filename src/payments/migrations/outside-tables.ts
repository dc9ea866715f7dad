/**
 * Money that moves at a provider without our asking. The walk through what an account tells has a place for each
 * account and knows what it has seen; a look is due for what an event or a walk has named; and what was found stays.
 */
export const outsideTables = [
  `create table payments.outside_walks (
    title text collate "C" not null,
    provider text collate "C" not null,
    walked_until timestamptz not null,
    walk_from timestamptz,
    walk_to timestamptz,
    walk_after text,
    due_at timestamptz not null default now(),
    primary key (title, provider),
    foreign key (title, provider) references payments.accounts,
    check ((walk_from is null) = (walk_to is null) and (walk_after is null or walk_to is not null))
  )`,
  'create index outside_walks_due on payments.outside_walks (due_at)',
  // What a walk has seen is kept for as long as walks overlap.
  `create table payments.outside_seen (
    title text collate "C" not null,
    provider text collate "C" not null,
    entry text collate "C" not null,
    seen_at timestamptz not null default now(),
    primary key (title, provider, entry)
  )`,
  'create index outside_seen_by_time on payments.outside_seen (title, provider, seen_at)',
  // A look may be overtaken by the next one. The id and the number of takes say which of them may write.
  `create table payments.outside_looks (
    id bigint generated always as identity unique,
    title text collate "C" not null,
    provider text collate "C" not null,
    kind text collate "C" not null check (kind in ('intent', 'refund', 'dispute', 'charge', 'fraud-warning')),
    about text collate "C" not null check (length(about) between 1 and 255),
    due_at timestamptz not null default now(),
    takes integer not null default 0,
    parked text,
    created_at timestamptz not null default now(),
    primary key (title, provider, kind, about),
    foreign key (title, provider) references payments.accounts
  ) with (fillfactor = 60)`,
  'create index outside_looks_due on payments.outside_looks (due_at)',
  `create table payments.disputes (
    id bigint generated always as identity unique,
    transaction_id xid8 not null default pg_current_xact_id(),
    title text collate "C" not null,
    provider text collate "C" not null,
    reference text collate "C" not null,
    payment text collate "C" not null references payments.payments,
    intent text collate "C" not null,
    state text collate "C" not null check (state in ('inquiry', 'inquiry_closed', 'needs_response', 'under_review',
      'prevented', 'lost', 'appealed', 'won')),
    amount bigint not null check (amount >= 0),
    currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
    reason text,
    due_by timestamptz,
    has_evidence boolean not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    evidence json,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (title, provider, reference),
    check ((closed_at is not null) = (state in ('inquiry_closed', 'prevented', 'lost', 'won')))
  )`,
  'create index disputes_newest on payments.disputes (title, transaction_id desc, id desc)',
  'create index disputes_by_payment on payments.disputes (payment)',
  'create index disputes_by_state on payments.disputes (state)',
  // By how much a movement has changed what has gone back of its payment: less than the amount where that is all back.
  `create table payments.outside_movements (
    id bigint generated always as identity unique,
    title text collate "C" not null,
    provider text collate "C" not null,
    kind text collate "C" not null check (kind in ('outside-refund', 'outside-refund-failed', 'dispute',
      'dispute-reinstated', 'dispute-fee', 'dispute-fee-returned')),
    reference text collate "C" not null,
    payment text collate "C" not null references payments.payments,
    intent text collate "C" not null,
    dispute text collate "C" check ((dispute is not null) = (kind like 'dispute%')),
    currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
    amount bigint not null check (amount > 0),
    counted bigint not null check (abs(counted) <= amount),
    moved_at timestamptz not null,
    evidence json not null,
    booking_due_at timestamptz default now(),
    goods_due_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (title, provider, kind, reference),
    foreign key (title, provider, dispute) references payments.disputes
  )`,
  'create index outside_movements_due on payments.outside_movements (booking_due_at) where booking_due_at is not null',
  'create index outside_movements_goods on payments.outside_movements (goods_due_at) where goods_due_at is not null',
  'create index outside_movements_by_payment on payments.outside_movements (payment)',
  `create table payments.fraud_warnings (
    title text collate "C" not null,
    provider text collate "C" not null,
    reference text collate "C" not null,
    payment text collate "C" not null references payments.payments,
    fraud text not null,
    actionable boolean not null,
    created_at timestamptz not null default now(),
    primary key (title, provider, reference)
  )`,
  `create function payments.keep_movement() returns trigger language plpgsql as $$
    begin
      raise exception 'what has moved at a provider stays as it was found (%)', tg_op
        using errcode = 'restrict_violation';
    end $$`,
  `create trigger keep_movement before update on payments.outside_movements for each row
    when ((new.title, new.provider, new.kind, new.reference, new.payment, new.intent, new.currency, new.amount,
        new.counted, new.moved_at, new.evidence::text)
      is distinct from (old.title, old.provider, old.kind, old.reference, old.payment, old.intent, old.currency,
        old.amount, old.counted, old.moved_at, old.evidence::text)
      or (old.booking_due_at is null and new.booking_due_at is not null)
      or (old.goods_due_at is null and new.goods_due_at is not null))
    execute function payments.keep_movement()`,
  `create trigger keep_dispute before update on payments.disputes for each row
    when (new.payment <> old.payment or new.intent <> old.intent or new.reference <> old.reference)
    execute function payments.keep_movement()`,
  ...['outside_movements', 'disputes', 'fraud_warnings'].flatMap((table) => [
    `create trigger keep_row before delete on payments.${table} for each row execute function payments.keep_movement()`,
    `create trigger keep_rows before truncate on payments.${table}
      for each statement execute function payments.keep_movement()`,
  ]),
];
