import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { OperatorActName, SagaState } from '../../contracts/sagas.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { Parameters } from '../postgres/parameters.js';
import type { NotedSaga, SagaViewState, TimelineNote } from './sagas.types.js';

/** The filters of a list of noted sagas. */
export interface NotedFilter {
  /** A state in which a saga needs a person. Whether a saga runs or has ended is asked of its deal instead. */
  state?: Exclude<SagaState, 'running'> | undefined;
  kind?: string | undefined;
  player?: string | undefined;
}

/** How many notes of a saga's timeline are read: the latest. */
const maxNotes = 1_000;

const columns = 'id, kind, state, step, description, why, since, owner, players, workflow_id, alone';

interface SagaRow extends Omit<NotedSaga, 'workflowId'> {
  workflow_id: string;
}

interface NoteRow {
  workflow_id: string;
  run_id: string;
  at: Date;
  state: SagaViewState;
  step: string | null;
  why: string | null;
  owner: string | null;
  act: OperatorActName | null;
  operator: string | null;
  reason: string | null;
  answer_code: string | null;
  answer_detail: string | null;
}

/** Reads of the notes of runs. They are eventually consistent: a run writes a note after its state has changed. */
@Injectable()
export class SagasReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Up to `limit` noted sagas of a title, those of the newest deals first.
   * @param before the UUID in the id of a deal, after which the page begins
   */
  async list(title: string, filter: NotedFilter, limit: number, before: string | undefined): Promise<NotedSaga[]> {
    const parameters = new Parameters([title, limit]);
    const parameter = (value: unknown): string => parameters.add(value);
    const conditions = ['title = $1'];
    // PostgreSQL uses the partial index of the states that need a person only where its condition is written out.
    if (filter.state !== undefined)
      conditions.push(`state = ${parameter(filter.state)}`, `state not in ('running', 'ended')`);
    if (filter.kind !== undefined) conditions.push(`kind = ${parameter(filter.kind)}`);
    if (filter.player !== undefined) conditions.push(`players @> array[${parameter(filter.player)}::text]`);
    if (before !== undefined) conditions.push(`place < ${parameter(before)}::uuid`);
    const rows = await this.dataSource.query<SagaRow[]>(
      `select ${columns} from sagas.sagas where ${conditions.join(' and ')} order by place desc limit $2`,
      parameters.values,
    );
    return rows.map(notedOf);
  }

  /** The noted sagas of a title among these ids, in no order. */
  async noted(title: string, ids: readonly string[]): Promise<NotedSaga[]> {
    const rows = await this.dataSource.query<SagaRow[]>(
      `select ${columns} from sagas.sagas where title = $1 and id = any($2::text[])`,
      [title, ids],
    );
    return rows.map(notedOf);
  }

  /** The latest notes of a saga, in the order in which they were made. */
  async timeline(title: string, id: string): Promise<TimelineNote[]> {
    const rows = await this.dataSource.query<NoteRow[]>(
      `select workflow_id, run_id, at, state, step, why, owner, act, operator, reason, answer_code, answer_detail
       from sagas.timeline where title = $1 and saga = $2 order by at desc, number desc limit ${maxNotes}`,
      [title, id],
    );
    return rows.reverse().map(noteOf);
  }

  /**
   * Sagas that need a person as their last note says, up to `limit`, those first that have needed one for longest. The
   * caller has to ask whether their deals are open: a run that is terminated writes no note of its end.
   * @param on the main database, by the connections of whoever asks
   */
  async needingAttention(
    limit: number,
    on: DataSource,
  ): Promise<{ id: string; state: Exclude<SagaState, 'running'>; seconds: number }[]> {
    return on.query(
      `select id, state, greatest(extract(epoch from now() - coalesce(since, noted_at)), 0)::float8 as seconds
       from sagas.sagas where state not in ('running', 'ended')
       order by coalesce(since, noted_at) limit $1`,
      [limit],
    );
  }
}

function notedOf({ workflow_id: workflowId, ...row }: SagaRow): NotedSaga {
  return { ...row, workflowId };
}

function noteOf(row: NoteRow): TimelineNote {
  const {
    run_id: runId,
    workflow_id: workflowId,
    at,
    state,
    step,
    why,
    owner,
    act,
    operator,
    reason,
    answer_code: code,
    answer_detail: detail,
  } = row;
  const answer = code === null ? null : { code, detail: detail ?? '' };
  return {
    workflowId,
    runId,
    at,
    state,
    step,
    why,
    owner,
    act: act === null ? null : { name: act, operator: operator ?? '', reason: reason ?? '', answer },
  };
}
