import type { EntityManager } from 'typeorm';
import type { ErrorCode } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import { mintFact } from './facts.rules.js';
import { instanceUuid } from './holds.statements.js';
import { instanceColumns, instanceOf, type InstanceRow } from './inventory.rows.js';
import type { Instance, NewInstance } from './inventory.types.js';
import type { KeptIssue } from './issue.rules.js';
import { keyInTitle } from './key-in-title.js';

/** A key names one outcome for each title and command. */
type IssueCommand = 'mint' | 'burn';

interface IssueRow {
  title: string;
  key: string;
  fingerprint: string;
  instance: string;
  code: ErrorCode | null;
  detail: string | null;
  kept_by: string;
}

/** Reads what is kept by the keys of these requests, as `keyInTitle` key. */
export async function readIssues(
  tx: EntityManager,
  command: IssueCommand,
  requests: readonly { title: string; key: string }[],
): Promise<Map<string, KeptIssue>> {
  const rows = await tx.query<IssueRow[]>(
    `select title, key, fingerprint, instance, cause_code as code, cause_detail as detail, xmin::text as kept_by
     from inventory.outcomes where command = $1 and (title, key) in (select * from unnest($2::text[], $3::text[]))`,
    [command, requests.map((request) => request.title), requests.map((request) => request.key)],
  );
  return new Map(
    rows.map(({ title, key, fingerprint, instance, code, detail, kept_by: keptBy }) => {
      const cause = code === null ? undefined : { code, detail: detail ?? '' };
      return [
        keyInTitle(title, key),
        { title, key, fingerprint, instance: idOf(idPrefixes.instance, instance), keptBy, ...(cause && { cause }) },
      ];
    }),
  );
}

/**
 * Keeps outcomes by their keys, in ascending order for the reason that keepHolds gives.
 * @returns the number of the transaction that keeps them, or undefined where there are none
 * @throws QueryFailedError with a unique violation if something was kept by one of the keys meanwhile
 */
export async function keepIssues(
  tx: EntityManager,
  command: IssueCommand,
  issues: readonly KeptIssue[],
): Promise<string | undefined> {
  if (issues.length === 0) return undefined;
  const [row] = await tx.query<[{ kept_by: string }]>(
    `insert into inventory.outcomes (title, command, key, fingerprint, instance, cause_code, cause_detail)
     select title, $1, key, fingerprint, instance, code, detail
     from unnest($2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[])
       as k(title, key, fingerprint, instance, code, detail) order by title collate "C", key collate "C"
     returning xmin::text as kept_by`,
    [
      command,
      issues.map((issue) => issue.title),
      issues.map((issue) => issue.key),
      issues.map((issue) => issue.fingerprint),
      issues.map((issue) => instanceUuid(issue.instance)),
      issues.map((issue) => issue.cause?.code ?? null),
      issues.map((issue) => issue.cause?.detail ?? null),
    ],
  );
  return row.kept_by;
}

/** Writes new instances in one statement: the rows, a movement and a fact each. Their items must be defined. */
export async function insertInstances(tx: EntityManager, instances: readonly NewInstance[]): Promise<void> {
  if (instances.length === 0) return;
  await tx.query(
    `with given as (
      select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[])
        with ordinality as g(id, title, item, owner, properties, cause, serial, n)),
    minted as (
      insert into inventory.instances (id, title, item, owner, state, properties, serial, version)
      select id, title, item, owner, 'owned', properties::jsonb, serial, 1 from given order by n),
    moved as (
      insert into inventory.movements (instance, version, kind, from_owner, to_owner, cause)
      select id, 1, 'mint', null, owner, cause from given)
    ${outboxInsert('inventory', 8)}`,
    [
      instances.map(({ id }) => instanceUuid(id)),
      instances.map(({ title }) => title),
      instances.map(({ item }) => item),
      instances.map(({ owner }) => owner),
      instances.map(({ properties }) => JSON.stringify(properties)),
      instances.map(({ cause }) => cause),
      instances.map(({ serial }) => serial),
      outboxParameter(instances.map(mintFact)),
    ],
  );
}

/** Reads instances as they are now, by id. */
export async function readInstances(tx: EntityManager, ids: readonly string[]): Promise<Map<string, Instance>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<InstanceRow[]>(
    `select ${instanceColumns} from inventory.instances where id = any($1::uuid[])`,
    [ids.map(instanceUuid)],
  );
  return new Map(rows.map((row) => [idOf(idPrefixes.instance, row.id), instanceOf(row)]));
}

/** Reads instances as they were minted, by id: their first movement names the first owner, whoever has them now. */
export async function readMinted(tx: EntityManager, ids: readonly string[]): Promise<Map<string, Instance>> {
  if (ids.length === 0) return new Map();
  const rows = await tx.query<InstanceRow[]>(
    `select i.id, i.item, m.to_owner as owner, 'owned' as state, i.properties, i.serial, m.version,
       i.created_at, i.created_at as updated_at
     from inventory.instances i join inventory.movements m on m.instance = i.id and m.version = 1
     where i.id = any($1::uuid[])`,
    [ids.map(instanceUuid)],
  );
  return new Map(rows.map((row) => [idOf(idPrefixes.instance, row.id), instanceOf(row)]));
}
