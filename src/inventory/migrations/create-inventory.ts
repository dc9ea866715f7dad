import type { MigrationInterface, QueryRunner } from 'typeorm';
import { outboxTable } from '../../events/outbox.js';

/*
 * The walls of the inventory. The rules keep to all of this by themselves; the database refuses it once more, so that
 * neither a mistake nor a person at a console can lose an item or rewrite its history.
 */

const owner = `~ '^(player:(?![.]{1,2}$)[A-Za-z0-9._-]{1,128}|system:store)$'`;

const tables = [
  `create table inventory.items (
    title text collate "C" not null,
    code text collate "C" not null,
    name text not null,
    tradeable boolean not null,
    minting_limit int check (minting_limit > 0),
    retired boolean not null default false,
    issued int not null default 0 check (issued >= 0),
    reserved int not null default 0 check (reserved >= 0),
    version bigint not null default 1,
    transaction_id xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (title, code),
    check (issued + reserved <= coalesce(minting_limit, 0))
  )`,
  // An update of state and version alone touches no index. The fill factor leaves room for it on its page.
  `create table inventory.instances (
    id uuid primary key,
    title text collate "C" not null,
    item text collate "C" not null,
    owner text collate "C" not null check (owner ${owner}),
    state text not null check (state in ('owned', 'held', 'burned')),
    hold_exchange text collate "C" check ((state = 'held') = (hold_exchange is not null)),
    properties jsonb not null,
    serial int check (serial > 0),
    version bigint not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    sequence bigint generated always as identity,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    burned_at timestamptz check ((state = 'burned') = (burned_at is not null)),
    foreign key (title, item) references inventory.items (title, code)
  ) with (fillfactor = 70)`,
  // There is no foreign key to the instances: every movement is written by the statement that changes its instance.
  `create table inventory.movements (
    instance uuid not null,
    version bigint not null,
    kind text not null check (kind in ('mint', 'hold', 'move', 'release', 'burn')),
    from_owner text check ((kind = 'mint') = (from_owner is null)),
    to_owner text check ((kind = 'burn') = (to_owner is null)),
    cause text collate "C" not null,
    transaction_id xid8 not null default pg_current_xact_id(),
    created_at timestamptz not null default now(),
    primary key (instance, version)
  )`,
  // What a deal has given is found by its id, however often its instances were given before and after.
  `create index movements_given_by on inventory.movements (cause) where kind in ('mint', 'move')`,
  // Every hold ends once, soon after it is written, and usually together with all others on its page.
  `create table inventory.holds (
    exchange text collate "C" primary key,
    title text collate "C" not null,
    state text not null check (state in ('held', 'refused', 'tombstone', 'released', 'moved', 'ended-by-hand')),
    cause_code text check ((state in ('refused', 'tombstone', 'released')) = (cause_code is not null)),
    cause_detail text check ((cause_code is null) = (cause_detail is null)),
    moves jsonb not null,
    mints jsonb,
    missing jsonb check (missing is null or (missing <> '[]' and state not in ('refused', 'tombstone'))),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (state <> 'held' or moves <> '[]' or mints is not null or missing is not null)
  ) with (fillfactor = 50)`,
  // How many instances of an item were ever minted and burned, in several rows, which connections share out.
  `create table inventory.tallies (
    title text collate "C" not null,
    item text collate "C" not null,
    shard smallint not null,
    minted bigint not null check (minted >= 0),
    burned bigint not null check (burned >= 0),
    primary key (title, item, shard)
  ) with (fillfactor = 50)`,
  `create table inventory.outcomes (
    title text collate "C" not null,
    command text collate "C" not null check (command in ('mint', 'burn')),
    key text collate "C" not null,
    fingerprint text not null,
    instance uuid not null,
    cause_code text,
    cause_detail text check ((cause_code is null) = (cause_detail is null)),
    created_at timestamptz not null default now(),
    primary key (title, command, key)
  )`,
];

const indexes = [
  'create index items_newest on inventory.items (title, transaction_id desc, sequence desc)',
  `create index instances_of_owner on inventory.instances (title, owner, transaction_id desc, sequence desc)
    where burned_at is null`,
  `create unique index instances_by_serial on inventory.instances (title, item, serial) where serial is not null`,
];

const refuse = `
  create function inventory.refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'inventory.% cannot be changed like this (%)', tg_table_name, tg_op
      using errcode = 'restrict_violation';
  end $$`;

/** What is never deleted, and what is never even updated. */
const walls = ['items', 'instances', 'movements', 'holds', 'outcomes', 'tallies'].map((table) => {
  const refused = table === 'movements' || table === 'outcomes' ? 'update or delete or truncate' : 'delete or truncate';
  return `create trigger ${table}_stay before ${refused} on inventory.${table}
    for each statement execute function inventory.refuse_change()`;
});

/** What an update must never name, whatever it says. */
const fixed = [
  ['instances', 'id, title, item, properties, serial, transaction_id, created_at'],
  ['holds', 'exchange, title, moves, mints, missing, created_at'],
  ['tallies', 'title, item, shard'],
].map(
  ([table, columns]) => `create trigger ${table}_keep before update of ${columns} on inventory.${table}
    for each statement execute function inventory.refuse_change()`,
);

/** The conditions are evaluated without calling a function, so that an allowed update costs next to nothing. */
const transitions = [
  `create trigger instances_go_step_by_step before update on inventory.instances for each row
    when (old.state = 'burned' or new.version <> old.version + 1)
    execute function inventory.refuse_change()`,
  `create trigger tallies_only_grow before update on inventory.tallies for each row
    when (new.minted < old.minted or new.burned < old.burned)
    execute function inventory.refuse_change()`,
  `create trigger holds_end_once before update on inventory.holds for each row
    when (old.state <> 'held' or new.state not in ('released', 'moved', 'ended-by-hand'))
    execute function inventory.refuse_change()`,
];

export class CreateInventory1795514133788 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [
      ...tables,
      outboxTable('inventory'),
      ...indexes,
      refuse,
      ...walls,
      ...fixed,
      ...transitions,
    ]) {
      await runner.query(statement);
    }
  }

  async down(): Promise<void> {
    throw new Error('Item history is not thrown away. Restore a backup instead.');
  }
}
