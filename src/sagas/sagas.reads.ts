import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { OperatorActName, SagaState } from '../../contracts/sagas.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import type { NotedSaga, SagaViewState, TimelineNote } from './sagas.types.js';

/** What a list of noted sagas can be narrowed by. */
export interface NotedFilter {
  /** A state that wants somebody; which sagas run and which have ended is for their deals to say. */
  state?: Exclude<SagaState, 'running'> | undefined;
  kind?: string | undefined;
  player?: string | undefined;
}

/** How much of a saga's timeline is shown, the latest. */
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

/** Reads of what runs have told. They are eventually consistent: a run tells after it has become so. */
@Injectable()
export class SagasReads {
  constructor(@Inject(MAIN_DATABASE) private readonly dataSource: DataSource) {}

  /** Up to `limit` sagas of a title before a place, those of the newest deals first. */
  async list(title: string, filter: NotedFilter, limit: number, before: string | undefined): Promise<NotedSaga[]> {
    const parameters: unknown[] = [title, limit];
    const parameter = (value: unknown): string => `$${parameters.push(value)}`;
    const conditions = ['title = $1'];
    // The literal is what lets PostgreSQL use the index of the states that want somebody.
    if (filter.state !== undefined)
      conditions.push(`state = ${parameter(filter.state)}`, `state not in ('running', 'ended')`);
    if (filter.kind !== undefined) conditions.push(`kind = ${parameter(filter.kind)}`);
    if (filter.player !== undefined) conditions.push(`players @> array[${parameter(filter.player)}::text]`);
    if (before !== undefined) conditions.push(`place < ${parameter(before)}::uuid`);
    const rows = await this.dataSource.query<SagaRow[]>(
      `select ${columns} from sagas.sagas where ${conditions.join(' and ')} order by place desc limit $2`,
      parameters,
    );
    return rows.map(notedOf);
  }

  /** Those of a title's sagas that have these ids and were ever told of, in no order. */
  async noted(title: string, ids: readonly string[]): Promise<NotedSaga[]> {
    const rows = await this.dataSource.query<SagaRow[]>(
      `select ${columns} from sagas.sagas where title = $1 and id = any($2::text[])`,
      [title, ids],
    );
    return rows.map(notedOf);
  }

  /** What was told of a saga, in the order in which it happened. */
  async timeline(title: string, id: string): Promise<TimelineNote[]> {
    const rows = await this.dataSource.query<NoteRow[]>(
      `select workflow_id, run_id, at, state, step, why, owner, act, operator, reason, answer_code, answer_detail
       from sagas.timeline where title = $1 and saga = $2 order by at desc, number desc limit ${maxNotes}`,
      [title, id],
    );
    return rows.reverse().map(noteOf);
  }

  /**
   * Up to so many sagas that want somebody, as their runs have told it, those first that have wanted somebody for
   * longest. Whether their deals are open is for the deals to say: a run that is ended from outside tells nothing more.
   */
  async needingAttention(limit: number): Promise<{ id: string; state: Exclude<SagaState, 'running'>; since: Date }[]> {
    return this.dataSource.query(
      `select id, state, coalesce(since, noted_at) as since from sagas.sagas
       where state not in ('running', 'ended')
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
