import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';
import { providerTables } from './provider-tables.js';

/** The columns that say what was found. */
const ofFinding = `check_name text collate "C" not null,
    place text collate "C" not null,
    title text collate "C" not null,
    subject text collate "C" not null,
    account text collate "C",
    asset text collate "C",
    amount numeric,
    detail text not null,
    since timestamptz not null`;

const tables = [
  // A run of one title, or of all of them. What has finished is chained: each says the hash of the one before.
  `create table reconciliation.runs (
    id uuid primary key,
    kind text collate "C" not null check (kind in ('hot', 'incremental', 'full', 'history')),
    title text collate "C",
    period text collate "C" not null,
    fingerprint bytea,
    state text collate "C" not null default 'accepted' check (state in ('accepted', 'running', 'finished')),
    repair text collate "C" not null default 'make' check (repair in ('plan', 'make')),
    since timestamptz,
    cuts jsonb check ((cuts is null) = (state = 'accepted')),
    checks text[] collate "C" not null default '{}',
    at_check int not null default 0,
    after text,
    parts int not null default 0,
    again_from bigint,
    looked jsonb not null default '{}',
    reasons jsonb not null default '[]',
    verdict text collate "C" check (verdict in ('INCOMPLETE', 'BREAKS', 'RECONCILED_WITH_PENDING', 'RECONCILED')),
    counts jsonb,
    continuity jsonb,
    chain bigint unique,
    digest bytea,
    previous_hash bytea,
    hash bytea,
    workflow text collate "C" not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    unique nulls not distinct (title, period),
    check ((state = 'finished') = (hash is not null) and (hash is null) = (verdict is null)
      and (hash is null) = (chain is null) and (hash is null) = (digest is null)
      and (hash is null) = (finished_at is null))
  )`,
  'create index runs_newest on reconciliation.runs (transaction_id desc, sequence desc)',
  `create index runs_unfinished on reconciliation.runs (transaction_id, sequence) where state <> 'finished'`,
  'create index runs_by_kind on reconciliation.runs (kind, chain desc)',
  // The last link of the chain, kept apart from the runs: without it nobody would miss the last ones.
  `create table reconciliation.chain_head (
    only_row boolean primary key default true check (only_row),
    run uuid not null,
    chain bigint not null,
    hash bytea not null,
    open jsonb not null
  )`,
  // What a run has found so far. It is looked at again when all checks are through, and only then a break. Lines of the
  // bridge wait here for those of the run before.
  `create table reconciliation.found (
    run uuid not null,
    id bigint generated always as identity,
    check_name text collate "C" not null,
    place text collate "C",
    line jsonb,
    primary key (run, id),
    check ((place is null) <> (line is null))
  )`,
  'create index found_places on reconciliation.found (run, check_name, place) where place is not null',
  // What a run has found twice, until it ends. The key is the rule with what it is about.
  `create table reconciliation.confirmed (
    run uuid not null,
    key text collate "C" not null,
    id uuid not null,
    case_id uuid not null,
    type smallint not null,
    pending boolean not null,
    ${ofFinding},
    breaks_at timestamptz,
    class text collate "C" not null,
    priority text collate "C" not null,
    fingerprint text collate "C" not null,
    primary key (run, key)
  )`,
  'create index confirmed_in_order on reconciliation.confirmed (run, pending, key)',
  // The places of which a run cannot say that nothing is wrong there.
  `create table reconciliation.unsure (
    run uuid not null,
    check_name text collate "C" not null,
    place text collate "C" not null,
    primary key (run, check_name, place)
  )`,
  `create table reconciliation.bridge (
    run uuid not null,
    title text collate "C" not null,
    account text collate "C" not null,
    asset text collate "C" not null,
    opening numeric not null,
    movements jsonb not null,
    moved jsonb not null,
    closing numeric not null,
    residual numeric not null,
    primary key (run, title, account, asset)
  )`,
  // What a run of a day has found is one case with what the next one finds: the rule, what it is about, and of when.
  `create table reconciliation.cases (
    id uuid primary key,
    type smallint not null,
    fingerprint text collate "C" not null,
    period date not null,
    ${ofFinding},
    class text collate "C" not null,
    priority text collate "C" not null,
    owner text,
    opened_by uuid not null,
    opened_chain bigint not null,
    seen_by uuid not null,
    cleared_by uuid,
    opened_at timestamptz not null,
    seen_at timestamptz not null,
    cleared_at timestamptz,
    transaction_id xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    unique (type, fingerprint, period),
    check ((cleared_at is null) = (cleared_by is null))
  )`,
  'create index cases_newest on reconciliation.cases (title, transaction_id desc, sequence desc)',
  'create index cases_open on reconciliation.cases (check_name, place) where cleared_at is null',
  'create index cases_open_by_id on reconciliation.cases (id) where cleared_at is null',
  `create table reconciliation.case_events (
    case_id uuid not null,
    id bigint generated always as identity,
    event text collate "C" not null check (event in ('opened', 'opened-again', 'cleared', 'decided')),
    run uuid check ((run is null) = (event = 'decided')),
    operator text check ((operator is null) = (event <> 'decided')),
    decision text,
    reason text,
    at timestamptz not null default now(),
    primary key (case_id, id)
  )`,
  `create table reconciliation.breaks (
    id uuid primary key,
    run uuid not null,
    number int not null,
    type smallint not null,
    becomes smallint check ((becomes is not null) = (type = 34)),
    ${ofFinding},
    breaks_at timestamptz check ((breaks_at is not null) = (type = 34)),
    case_id uuid check ((case_id is null) = (type = 34)),
    is_new boolean not null,
    unique (run, number)
  )`,
  // What a run does about its breaks. One that only plans has the same rows, and makes none of them.
  `create table reconciliation.repairs (
    run uuid not null,
    number int not null,
    type smallint not null,
    action text collate "C" not null check (action in ('redrive', 'look')),
    title text collate "C" not null,
    subject text collate "C" not null,
    state text collate "C" not null check (state in ('planned', 'stopped', 'made')),
    made_at timestamptz check ((made_at is not null) = (state = 'made')),
    primary key (run, number),
    unique (run, type, subject)
  )`,
  'create index breaks_of_title on reconciliation.breaks (run, title, number)',
];

/** What is written once. Somebody with all rights can alter it still, and is found by the chain. */
const walls = [
  `create function reconciliation.refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'reconciliation.% cannot be changed like this (%)', tg_table_name, tg_op
        using errcode = 'restrict_violation';
    end $$`,
  ...['breaks', 'bridge', 'case_events'].map(
    (table) => `create trigger ${table}_stay before update or delete or truncate on reconciliation.${table}
      for each statement execute function reconciliation.refuse_change()`,
  ),
  ...['runs', 'cases', 'chain_head'].map(
    (table) => `create trigger ${table}_stay before delete or truncate on reconciliation.${table}
      for each statement execute function reconciliation.refuse_change()`,
  ),
  `create trigger chain_head_grows before update on reconciliation.chain_head for each row
      when (new.chain is distinct from old.chain + 1) execute function reconciliation.refuse_change()`,
  `create trigger runs_keep before update on reconciliation.runs for each row
    when (old.state = 'finished') execute function reconciliation.refuse_change()`,
];

/** The runs of reconciliation, what they found, and what was read from providers for them. */
export class CreateReconciliation1796083200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, ...walls, ...providerTables, outboxTable('reconciliation')])
      await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('What reconciliation has found is not thrown away. Restore a backup instead.');
  }
}
