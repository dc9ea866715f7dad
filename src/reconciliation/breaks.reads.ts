import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { idPrefixes } from '../forms.js';
import type { PageRow, Place } from '../http/page.js';
import { idOf, uuidOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import { breakTypes, type BreakClass, type BreakType, type Priority } from './break-types.rules.js';
import { runUuid } from './runs.statements.js';

/** What breaks and cases can be narrowed by. */
export interface BreakFilter {
  type?: number | undefined;
  class?: BreakClass | undefined;
  priority?: Priority | undefined;
  subject?: string | undefined;
}

/** What cases can be narrowed by beside that. */
export interface CaseFilter extends BreakFilter {
  state?: 'open' | 'cleared' | undefined;
  age?: '0-1' | '2-7' | '8-30' | 'over-30' | undefined;
  owner?: string | undefined;
  case?: string | undefined;
}

/** What breaks and cases have in common. */
interface Shown {
  type: BreakType;
  title: string;
  subject: string;
  account: string | null;
  asset: string | null;
  amount: string | null;
  detail: string;
  since: Date;
}

/** A break of a run. */
export interface ShownBreak extends Shown {
  id: string;
  becomes: BreakType | null;
  breaksAt: Date | null;
  isNew: boolean;
  case: string | null;
}

/** A case. */
export interface ShownCase extends Shown {
  id: string;
  period: string;
  age: '0-1' | '2-7' | '8-30' | 'over-30';
  owner: string | null;
  openedAt: Date;
  openedBy: string;
  seenAt: Date;
  seenBy: string;
  clearedAt: Date | null;
  clearedBy: string | null;
}

/** What has happened to a case. */
export interface CaseEvent {
  at: Date;
  event: 'opened' | 'opened-again' | 'cleared' | 'decided';
  reconciliation: string | null;
  operator: string | null;
  decision: 'assign' | 'accept' | null;
  reason: string | null;
}

const breakColumns = `id, type, becomes, title, subject, account, asset, amount::text as amount, detail, since,
  breaks_at as "breaksAt", is_new as "isNew", case_id as "case"`;

/** How old a case is: until now, or until it was gone. */
const days = `floor(extract(epoch from coalesce(cleared_at, now()) - opened_at) / 86400)`;
const caseColumns = `id, type, title, subject, account, asset, amount::text as amount, detail, since,
  to_char(period, 'YYYY-MM-DD') as period, owner, opened_at as "openedAt", opened_by as "openedBy", seen_at as "seenAt",
  seen_by as "seenBy", cleared_at as "clearedAt", cleared_by as "clearedBy",
  case when ${days} < 2 then '0-1' when ${days} < 8 then '2-7' when ${days} < 31 then '8-30' else 'over-30' end as age`;

const ages = { '0-1': [0, 2], '2-7': [2, 8], '8-30': [8, 31], 'over-30': [31, 1_000_000] } as const;

/** What runs have found, as it is shown. */
@Injectable()
export class BreaksReads {
  constructor(@Inject(MAIN_DATABASE) private readonly main: DataSource) {}

  /**
   * Up to `limit` + 1 breaks of a run from a place on, the last that it has written first.
   * @param title null for all
   * @throws VeltrixError `not-found` where the title has no such run
   */
  async breaks(
    title: string | null,
    run: string,
    filter: BreakFilter,
    { limit, from }: { limit: number; from: Place | undefined },
  ): Promise<PageRow<ShownBreak>[]> {
    const [known] = await this.main.query<unknown[]>(
      `select from reconciliation.runs where id = $2 and ($1::text is null or title is null or title = $1)`,
      [title, runUuid(run)],
    );
    if (known === undefined) throw new VeltrixError('not-found', `There is no reconciliation ${run}.`);
    const parameters = new Parameters([title, runUuid(run), limit + 1]);
    const conditions = ['run = $2', '($1::text is null or title = $1)'];
    const types = typesOf(filter);
    // Of what is pending, class and priority are those of the type that it becomes.
    if (types !== undefined)
      conditions.push(
        `(type = any(${parameters.add(types, 'smallint[]')}) or becomes = any($${parameters.values.length}))`,
      );
    if (filter.subject !== undefined) conditions.push(`subject = ${parameters.add(filter.subject)}`);
    if (from !== undefined) conditions.push(`number < ${parameters.add(from.minor, 'bigint')}`);
    const rows = await this.main.query<(ShownBreak & { number: number })[]>(
      `select number, ${breakColumns} from reconciliation.breaks where ${conditions.join(' and ')}
       order by number desc limit $3`,
      parameters.values,
    );
    return rows.map(({ number, id, case: found, ...row }) => ({
      major: '0',
      minor: String(number),
      body: { ...row, id: idOf(idPrefixes.found, id), case: found === null ? null : idOf(idPrefixes.case, found) },
    }));
  }

  /** Up to `limit` + 1 cases from a place on, newest first. @param title null for all */
  async cases(
    title: string | null,
    filter: CaseFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ShownCase>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const conditions = ['($1::text is null or title = $1)', ...caseConditions(filter, parameters)];
    if (from !== undefined)
      conditions.push(
        `(transaction_id, sequence) < (${parameters.add(from.major, 'xid8')}, ${parameters.add(from.minor, 'bigint')})`,
      );
    const rows = await this.main.query<(ShownCase & { transaction_id: string; sequence: string })[]>(
      `select transaction_id, sequence, ${caseColumns} from reconciliation.cases where ${conditions.join(' and ')}
       order by transaction_id desc, sequence desc limit $2`,
      parameters.values,
    );
    return rows.map(({ transaction_id: major, sequence: minor, ...row }) => ({ major, minor, body: caseOf(row) }));
  }

  /**
   * A case with what has happened to it, the oldest first.
   * @throws VeltrixError `not-found` where the title has none of this id
   */
  async story(title: string | null, id: string): Promise<{ found: ShownCase; events: CaseEvent[] }> {
    const uuid = uuidOf(idPrefixes.case, id);
    const [row] = await this.main.query<ShownCase[]>(
      `select ${caseColumns} from reconciliation.cases where id = $2 and ($1::text is null or title = $1)`,
      [title, uuid],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no case ${id}.`);
    const events = await this.main.query<CaseEvent[]>(
      `select at, event, run as reconciliation, operator, decision, reason from reconciliation.case_events
       where case_id = $1 order by id`,
      [uuid],
    );
    return {
      found: caseOf(row),
      events: events.map((one) => ({ ...one, reconciliation: runIdOf(one.reconciliation) })),
    };
  }
}

/** The conditions of a filter of cases, for a statement about `reconciliation.cases`. */
export function caseConditions(filter: CaseFilter, parameters: Parameters): string[] {
  const conditions: string[] = [];
  const types = typesOf(filter);
  if (types !== undefined) conditions.push(`type = any(${parameters.add(types, 'smallint[]')})`);
  if (filter.subject !== undefined) conditions.push(`subject = ${parameters.add(filter.subject)}`);
  if (filter.owner !== undefined) conditions.push(`owner = ${parameters.add(filter.owner)}`);
  if (filter.case !== undefined)
    conditions.push(`id = ${parameters.add(uuidOf(idPrefixes.case, filter.case) ?? '', 'uuid')}`);
  if (filter.state !== undefined) conditions.push(`cleared_at is ${filter.state === 'open' ? '' : 'not '}null`);
  if (filter.age !== undefined) {
    const [least, below] = ages[filter.age];
    conditions.push(`${days} >= ${least} and ${days} < ${below}`);
  }
  return conditions;
}

/** The types that a filter leaves, or undefined for all. */
function typesOf({ type, class: breakClass, priority }: BreakFilter): number[] | undefined {
  if (type === undefined && breakClass === undefined && priority === undefined) return undefined;
  return Object.entries(breakTypes)
    .filter(
      ([number, one]) =>
        (type === undefined || Number(number) === type) &&
        (breakClass === undefined || one.breakClass === breakClass) &&
        (priority === undefined || one.priority === priority),
    )
    .map(([number]) => Number(number));
}

function caseOf(row: ShownCase): ShownCase {
  return {
    ...row,
    id: idOf(idPrefixes.case, row.id),
    openedBy: runIdOf(row.openedBy) ?? '',
    seenBy: runIdOf(row.seenBy) ?? '',
    clearedBy: runIdOf(row.clearedBy),
  };
}

function runIdOf(uuid: string | null): string | null {
  return uuid === null ? null : idOf(idPrefixes.reconciliation, uuid);
}
