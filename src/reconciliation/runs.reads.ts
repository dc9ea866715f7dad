import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import type { PageRow, Place } from '../http/page.js';
import { idPrefixes } from '../forms.js';
import { idOf } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import type { Reason, RunKind } from './checks.types.js';
import { cutsOf, runUuid, type StoredCuts } from './runs.statements.js';
import type { Cuts, RunState, Verdict } from './runs.types.js';
import { verdictOf } from './verdict.rules.js';

/** What a list of runs can be narrowed by. */
export interface RunFilter {
  kind?: RunKind | undefined;
  state?: RunState | undefined;
  verdict?: Verdict | undefined;
}

/** A run as it is shown to one title, or as a whole. */
export interface ShownRun {
  id: string;
  kind: RunKind;
  title: string | null;
  period: string;
  state: RunState;
  verdict: Verdict | null;
  reasons: Reason[];
  counts: Record<string, number>;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** A line of the bridge of a run, with what has moved since the run before. */
export interface ShownLine {
  title: string;
  account: string;
  asset: string;
  opening: string;
  movements: Record<string, string>;
  closing: string;
  residual: string;
}

/** A repair as it is shown. */
export interface ShownRepair {
  type: number;
  action: 'redrive' | 'look';
  title: string;
  subject: string;
  state: 'planned' | 'made' | 'stopped';
}

/** A run with its evidence. */
export interface RunStory extends ShownRun {
  since: Date | null;
  cuts: Cuts | null;
  checks: string[];
  atCheck: number;
  looked: Record<string, Record<string, number>>;
  changes: Record<string, unknown>[];
  chain: { number: string; digest: Buffer; previous: Buffer | null; hash: Buffer } | null;
  bridge: ShownLine[];
  repair: 'plan' | 'make';
  repairs: ShownRepair[];
}

/** The columns of a run as $1 sees it, which is a title or null for all. A title sees the breaks of its own. */
const columns = `r.id, r.kind, r.title, r.period, r.state, r.verdict, r.reasons, r.created_at as "createdAt",
  r.started_at as "startedAt", r.finished_at as "finishedAt",
  case when $1::text is null or r.state <> 'finished' then r.counts else (
    select coalesce(jsonb_object_agg(type, found), '{}') from (
      select type, count(*) as found from reconciliation.breaks b where b.run = r.id and b.title = $1 group by type) c)
  end as counts`;

/** What a title sees: what was run for it, and for all. */
const seen = '($1::text is null or r.title is null or r.title = $1)';

/** The verdict of a run as $1 sees it. A title sees what a run of all titles came to for it alone. */
const shownVerdict = `case when $1::text is null or r.title is not null or r.verdict is null then r.verdict
  when exists (select from jsonb_array_elements(r.reasons) e where coalesce(e->>'title', $1) = $1) then 'INCOMPLETE'
  when exists (select from reconciliation.breaks b where b.run = r.id and b.title = $1 and b.type <> 34) then 'BREAKS'
  when exists (select from reconciliation.breaks b where b.run = r.id and b.title = $1) then 'RECONCILED_WITH_PENDING'
  else 'RECONCILED' end`;

/** The runs of reconciliation, as they are shown. */
@Injectable()
export class RunsReads {
  constructor(@Inject(MAIN_DATABASE) private readonly main: DataSource) {}

  /** Up to `limit` + 1 runs from a place on, newest first. @param title null for all */
  async runs(
    title: string | null,
    filter: RunFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<ShownRun>[]> {
    const parameters = new Parameters([title, limit + 1]);
    const conditions = [seen];
    for (const [name, value] of Object.entries(filter)) {
      const column = name === 'verdict' ? `(${shownVerdict})` : `r.${name}`;
      if (value !== undefined) conditions.push(`${column} = ${parameters.add(value as string)}`);
    }
    if (from !== undefined)
      conditions.push(
        `(r.transaction_id, r.sequence) <
          (${parameters.add(from.major, 'xid8')}, ${parameters.add(from.minor, 'bigint')})`,
      );
    const rows = await this.main.query<(ShownRun & { transaction_id: string; sequence: string })[]>(
      `select r.transaction_id, r.sequence, ${columns} from reconciliation.runs r where ${conditions.join(' and ')}
       order by r.transaction_id desc, r.sequence desc limit $2`,
      parameters.values,
    );
    return rows.map(({ transaction_id: major, sequence: minor, ...row }) => ({
      major,
      minor,
      body: shownTo(title, row),
    }));
  }

  /**
   * A run with its evidence.
   * @throws VeltrixError `not-found` where the title has none of this id
   */
  async story(title: string | null, id: string): Promise<RunStory> {
    type Row = Omit<RunStory, 'cuts' | 'chain' | 'bridge' | 'changes' | 'repairs'> & {
      cuts: StoredCuts | null;
      continuity: { changes: Record<string, unknown>[] } | null;
      chain: string | null;
      digest: Buffer;
      previous_hash: Buffer | null;
      hash: Buffer;
    };
    const [row] = await this.main.query<Row[]>(
      `select ${columns}, r.repair, r.since, r.cuts, r.checks, r.at_check as "atCheck", r.looked, r.continuity, r.chain,
         r.digest, r.previous_hash, r.hash
       from reconciliation.runs r where r.id = $2 and ${seen}`,
      [title, runUuid(id)],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no reconciliation ${id}.`);
    const bridge = await this.main.query<ShownLine[]>(
      `select title, account, asset, opening, moved as movements, closing, residual from reconciliation.bridge
       where run = $2 and ($1::text is null or title = $1) order by title, account, asset`,
      [title, runUuid(id)],
    );
    const repairs = await this.main.query<ShownRepair[]>(
      `select type, action, title, subject, state from reconciliation.repairs
       where run = $2 and ($1::text is null or title = $1) order by number limit 1000`,
      [title, runUuid(id)],
    );
    const { cuts, chain, digest, previous_hash: previous, hash, continuity, ...rest } = row;
    return {
      ...rest,
      ...shownTo(title, row),
      // How much there is of all titles is nothing for one of them.
      looked: title === null || row.title !== null ? row.looked : {},
      cuts: cuts && cutsOf(cuts),
      changes: title === null || row.title !== null ? (continuity?.changes ?? []) : [],
      chain: chain === null ? null : { number: chain, digest, previous, hash },
      bridge,
      repairs,
    };
  }
}

/** A run as a title sees it: what says nothing of it is left out, and its verdict is of what is left. */
function shownTo(title: string | null, row: ShownRun): ShownRun {
  const counts = row.counts ?? {};
  const run = { ...row, id: idOf(idPrefixes.reconciliation, row.id), counts };
  if (title === null || row.verdict === null) return run;
  const reasons = row.reasons.filter((one) => one.title === null || one.title === title);
  const { 34: pending = 0, ...breaks } = counts;
  const found = Object.values(breaks).reduce((sum, one) => sum + one, 0);
  return { ...run, reasons, verdict: verdictOf({ reasons: reasons.length, breaks: found, pending }) };
}
