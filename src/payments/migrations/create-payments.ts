import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';
import { outsideTables } from './outside-tables.js';

const accounts = `
  create table payments.accounts (
    title text collate "C" not null,
    provider text collate "C" not null check (provider in ('stripe')),
    mode text not null check (mode in ('test', 'live')),
    secret_key bytea not null,
    webhook_secrets bytea not null,
    sealed_by text collate "C" not null check (sealed_by ~ '^[0-9a-f]{8}$'),
    secret_key_end text not null check (length(secret_key_end) <= 4),
    webhook_secret_ends text[] not null check (cardinality(webhook_secret_ends) <= 2),
    settlement_currency text collate "C" not null check (settlement_currency ~ '^[A-Z]{3}$'),
    spent_goods text not null check (spent_goods in ('debt', 'freeze', 'absorb')),
    version bigint not null default 1 check (version > 0),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (title, provider)
  )`;

const payments = [
  // One intent for each payment, for ever. No more is captured than was agreed to.
  `create table payments.payments (
    id text collate "C" primary key check (length(id) between 1 and 128),
    title text collate "C" not null,
    provider text collate "C" not null,
    currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
    amount bigint not null check (amount > 0),
    method text,
    state text not null default 'accepted' check (state in ('accepted', 'authorizing', 'requires_action', 'processing',
      'authorized', 'capturing', 'captured', 'voiding', 'cancelled')),
    reference text collate "C",
    seen text,
    client_secret text,
    turned_back_code text,
    turned_back_detail text,
    parked_code text,
    parked_detail text,
    captured bigint not null default 0 check (captured between 0 and amount),
    returned bigint not null default 0 check (returned between 0 and captured),
    capture_before timestamptz,
    evidence json,
    fee bigint check (fee >= 0),
    fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
    balance_transaction text,
    fee_due_at timestamptz,
    deadline timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (title, provider) references payments.accounts,
    check ((state in ('voiding', 'cancelled')) <= (turned_back_code is not null)),
    check ((captured > 0) = (state = 'captured')),
    check ((fee_due_at is not null) <= (state = 'captured')),
    check ((fee is null) = (balance_transaction is null) and (fee is null) = (fee_currency is null)),
    check ((state = 'captured') <= (reference is not null))
  ) with (fillfactor = 60)`,
  // The fee of what is captured is asked for until it is booked.
  'create index payments_by_fee_due on payments.payments (fee_due_at) where fee_due_at is not null',
  'create unique index payments_by_reference on payments.payments (title, provider, reference)',
  `create function payments.keep_decided() returns trigger language plpgsql as $$
    begin
      raise exception 'what is decided about payment % never changes', old.id using errcode = 'restrict_violation';
    end $$`,
  `create trigger keep_decided before update on payments.payments for each row
    when ((old.state in ('captured', 'cancelled') and new.state <> old.state)
      or (old.reference is not null and new.reference is distinct from old.reference)
      or (old.turned_back_code is not null and new.turned_back_code is distinct from old.turned_back_code)
      or new.id <> old.id or new.title <> old.title or new.provider <> old.provider
      or new.currency <> old.currency or new.amount <> old.amount or new.method is distinct from old.method)
    execute function payments.keep_decided()`,
  `create trigger keep_payment before delete on payments.payments for each row
    execute function payments.keep_decided()`,
  // An orphan is an intent that no purchase takes. Without a reference it is one that may have been made.
  `create table payments.orphans (
    id bigint generated always as identity primary key,
    payment text collate "C" not null references payments.payments,
    title text collate "C" not null,
    provider text collate "C" not null,
    reference text collate "C",
    state text not null default 'watched' check (state in ('watched', 'taken', 'open', 'captured', 'refunding',
      'returned')),
    looks integer not null default 0,
    due_at timestamptz,
    currency text collate "C" check (currency ~ '^[A-Z]{3}$'),
    captured bigint not null default 0 check (captured >= 0),
    refunded bigint not null default 0 check (refunded between 0 and captured),
    refund text,
    fee bigint check (fee >= 0),
    fee_currency text check (fee_currency ~ '^[A-Z]{3}$'),
    booked text[] not null default '{}',
    parked_code text,
    parked_detail text,
    evidence json,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (title, provider) references payments.accounts,
    unique nulls not distinct (payment, reference),
    check ((captured > 0) = (currency is not null)),
    check ((fee is null) = (fee_currency is null))
  )`,
  'create index orphans_due on payments.orphans (due_at) where due_at is not null',
  'create index orphans_by_reference on payments.orphans (title, provider, reference)',
  `create index orphans_unsettled on payments.orphans (provider)
    where state in ('open', 'captured', 'refunding') or parked_code is not null`,
  `create trigger keep_orphan before delete on payments.orphans for each row
    execute function payments.keep_decided()`,
  // A refund of a purchase. What was asked for is not given back: the payment's `returned` moves when it has succeeded.
  `create table payments.refunds (
    id text collate "C" primary key check (length(id) between 1 and 100),
    payment text collate "C" not null,
    title text collate "C" not null,
    provider text collate "C" not null,
    currency text collate "C" not null check (currency ~ '^[A-Z]{3}$'),
    amount bigint not null check (amount > 0),
    state text collate "C" not null default 'accepted' check (state in ('accepted', 'sending', 'pending',
      'requires_action',
      'succeeded', 'failed', 'canceled')),
    reference text collate "C",
    reason text,
    turned_back_code text,
    turned_back_detail text,
    parked_code text,
    parked_detail text,
    evidence json,
    looks integer not null default 0,
    due_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    foreign key (title, provider) references payments.accounts,
    check ((state in ('failed', 'canceled')) <= (turned_back_code is not null)),
    check ((state = 'succeeded') <= (reference is not null)),
    check ((due_at is not null) <= (state = 'succeeded'))
  )`,
  'create unique index refunds_by_reference on payments.refunds (title, provider, reference)',
  'create index refunds_due on payments.refunds (due_at) where due_at is not null',
  'create index refunds_parked on payments.refunds (state) where parked_code is not null',
  `create trigger keep_decided before update on payments.refunds for each row
    when ((old.state in ('succeeded', 'failed', 'canceled') and new.state <> old.state)
      or (new.reference is distinct from old.reference and old.reference is not null)
      or (new.turned_back_code is distinct from old.turned_back_code and old.turned_back_code is not null)
      or new.id <> old.id or new.title <> old.title or new.provider <> old.provider or new.payment <> old.payment
      or new.currency <> old.currency or new.amount <> old.amount)
    execute function payments.keep_decided()`,
  `create trigger keep_refund before delete on payments.refunds for each row
    execute function payments.keep_decided()`,
  // The body is json, not jsonb, so that it is sent again byte for byte.
  `create table payments.operations (
    id bigint generated always as identity,
    payment text collate "C" not null references payments.payments,
    kind text collate "C" not null check (kind in ('create', 'confirm', 'capture', 'cancel', 'orphan-cancel',
      'orphan-refund', 'refund')),
    orphan bigint references payments.orphans check ((orphan is not null) = (kind like 'orphan-%')),
    refund text collate "C" references payments.refunds check ((refund is not null) = (kind = 'refund')),
    seq integer not null check (seq > 0),
    key text collate "C" not null unique,
    body json not null,
    state text not null check (state in ('sent', 'succeeded', 'failed', 'unknown', 'resolved')),
    attempts integer not null,
    stored_error boolean not null,
    evidence json,
    first_sent_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz not null default now(),
    primary key (id),
    unique nulls not distinct (payment, refund, kind, seq)
  )`,
  `create function payments.keep_operation() returns trigger language plpgsql as $$
    begin
      raise exception 'the operation % was written before its call and stays', old.key
        using errcode = 'restrict_violation';
    end $$`,
  `create trigger keep_operation before update on payments.operations for each row
    when (new.key <> old.key or new.body::text <> old.body::text or new.payment <> old.payment
      or new.kind <> old.kind or new.seq <> old.seq or new.refund is distinct from old.refund)
    execute function payments.keep_operation()`,
  `create trigger keep_operation_row before delete on payments.operations for each row
    execute function payments.keep_operation()`,
  `create function payments.keep_rows() returns trigger language plpgsql as $$
    begin
      raise exception 'payments, their refunds and their calls are never emptied' using errcode = 'restrict_violation';
    end $$`,
  ...['payments', 'operations', 'orphans', 'refunds'].map(
    (table) => `create trigger keep_rows before truncate on payments.${table}
      for each statement execute function payments.keep_rows()`,
  ),
  `create index operations_unknown on payments.operations (payment) where state = 'unknown'`,
  `create table payments.rates (
    title text collate "C" not null,
    provider text collate "C" not null,
    next_at timestamptz not null,
    primary key (title, provider)
  ) with (fillfactor = 20)`,
];

/** The events of providers as they came. That of another account may have the same id. */
const inbox = [
  `create table payments.inbox (
    provider text collate "C" not null,
    title text collate "C" not null,
    event text collate "C" not null check (length(event) between 1 and 255),
    type text collate "C" not null check (length(type) between 1 and 255),
    reference text collate "C" check (length(reference) between 1 and 255),
    mode text not null check (mode in ('test', 'live')),
    created_at timestamptz not null,
    received_at timestamptz not null default now(),
    body bytea not null,
    state text not null check (state in ('stored', 'wrong-mode')),
    primary key (title, provider, event),
    foreign key (title, provider) references payments.accounts
  )`,
  `create function payments.keep_event() returns trigger language plpgsql as $$
    begin
      raise exception 'events cannot be changed like this (%)', tg_op using errcode = 'restrict_violation';
    end $$`,
  `create trigger keep_event before update or delete or truncate on payments.inbox
    for each statement execute function payments.keep_event()`,
  // What stored events name, until it was acted on.
  `create table payments.hints (
    provider text collate "C" not null,
    title text collate "C" not null,
    event text collate "C" not null,
    reference text collate "C",
    refund text collate "C",
    purchase text collate "C",
    outside_kind text collate "C",
    outside_about text collate "C",
    due_at timestamptz not null default now() + interval '10 seconds',
    primary key (title, provider, event),
    check ((outside_kind is null) = (outside_about is null)),
    check (coalesce(reference, refund, outside_about) is not null)
  )`,
  'create index hints_due on payments.hints (due_at)',
];

/**
 * The accounts of titles at payment providers, and what was paid by them. Nothing of it is ever deleted but hints, once
 * they were acted on.
 */
export class CreatePayments1795975200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [accounts, ...payments, ...inbox, ...outsideTables, outboxTable('payments')])
      await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop view payments.facts');
    await runner.query(
      `drop table payments.outside_movements, payments.outside_looks, payments.outside_walks, payments.outside_seen,
        payments.disputes, payments.fraud_warnings, payments.outbox, payments.hints, payments.inbox, payments.rates,
        payments.operations, payments.refunds, payments.orphans, payments.payments, payments.accounts`,
    );
    await runner.query(
      `drop function payments.keep_movement, payments.keep_operation, payments.keep_decided, payments.keep_rows,
        payments.keep_event`,
    );
  }
}
