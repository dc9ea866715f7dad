import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/*
 * The walls of the catalog. The rules keep to all of this by themselves; the database refuses it once more, so that
 * neither a mistake nor a person at a console can change what has been on sale.
 */

const tables = [
  `create table catalog.products (
    title text collate "C" not null,
    code text collate "C" not null,
    revision bigint not null default 1,
    published int,
    draft int,
    withdrawn boolean not null default false check (published is not null or not withdrawn),
    state text collate "C" not null generated always as
      (case when published is null then 'draft' when withdrawn then 'withdrawn' else 'published' end) stored,
    transaction_id xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    created_at timestamptz not null default now(),
    primary key (title, code),
    check (published is not null or draft is not null),
    check (draft > published)
  )`,
  // Whatever has an amount in it has it as a decimal string.
  `create table catalog.versions (
    title text collate "C" not null,
    code text collate "C" not null,
    version int not null check (version >= 1),
    name text not null,
    terms jsonb not null check (jsonb_typeof(terms) = 'object')
      check (not jsonb_path_exists(terms, '$.**.amount ? (@.type() <> "string")'))
      check (not jsonb_path_exists(terms, '$.**.amount ? (!(@ like_regex "^(0|[1-9][0-9]{0,17})$"))')),
    created_at timestamptz not null default now(),
    published_at timestamptz,
    primary key (title, code, version),
    foreign key (title, code) references catalog.products (title, code)
  )`,
  // A product is made before its first version.
  ...['published', 'draft'].map(
    (column) => `alter table catalog.products add constraint ${column}_is_a_version
      foreign key (title, code, ${column}) references catalog.versions (title, code, version)
      deferrable initially deferred`,
  ),
];

const indexes = [
  'create index products_newest on catalog.products (title, transaction_id desc, sequence desc)',
  'create index products_by_state on catalog.products (title, state, transaction_id desc, sequence desc)',
  'create unique index versions_one_draft on catalog.versions (title, code) where published_at is null',
];

const refuse = `
  create function catalog.refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'catalog.% cannot be changed like this (%)', tg_table_name, tg_op
      using errcode = 'restrict_violation';
  end $$`;

/** What is on sale has been published, and what has been published is no draft. */
const holdToVersions = `
  create function catalog.hold_to_versions() returns trigger language plpgsql as $$
  begin
    if exists (
      select from catalog.versions v where v.title = new.title and v.code = new.code
        and (v.version = new.published and v.published_at is null
          or v.version = new.draft and v.published_at is not null)
    ) then
      raise exception 'catalog.% cannot be changed like this (%)', tg_table_name, tg_op
        using errcode = 'restrict_violation';
    end if;
    return new;
  end $$`;

const walls = [
  ...['products', 'versions'].map(
    (table) => `create trigger ${table}_stay before delete or truncate on catalog.${table}
      for each statement execute function catalog.refuse_change()`,
  ),
  `create trigger products_keep before update of title, code, transaction_id, created_at on catalog.products
    for each statement execute function catalog.refuse_change()`,
  `create trigger versions_keep before update of title, code, version, created_at on catalog.versions
    for each statement execute function catalog.refuse_change()`,
  `create trigger versions_stay_published before update on catalog.versions for each row
    when (old.published_at is not null) execute function catalog.refuse_change()`,
  `create trigger products_go_step_by_step before update on catalog.products for each row
    when (new.revision <> old.revision + 1
      or old.published is not null and (new.published is null or new.published < old.published))
    execute function catalog.refuse_change()`,
  `create trigger products_hold_to_versions before update on catalog.products for each row
    execute function catalog.hold_to_versions()`,
];

/** The products, and their versions. */
export class CreateCatalog1795964400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...tables, outboxTable('catalog'), ...indexes, refuse, holdToVersions, ...walls])
      await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('What has been on sale is not thrown away. Restore a backup instead.');
  }
}
