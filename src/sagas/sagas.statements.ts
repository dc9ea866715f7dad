import type { EntityManager } from 'typeorm';
import type { SagaNote } from '../../contracts/sagas.js';
import { outboxInsertFrom } from '../events/outbox.js';
import { factOf, storable } from './sagas.rules.js';

const storableOrNull = (text: string | undefined | null): string | null => (text === undefined || text === null ? null : storable(text));

/**
 * A newer note overwrites the row. "Ended" always does: the deals that an ended run still lists are closed. Any other note
 * of a convoy is ignored for a deal that already has a run of its own.
 */
const newer = `
  (excluded.noted_at > s.noted_at or excluded.noted_at = s.noted_at and (excluded.run_id <> s.run_id or excluded.number > s.number))
  and (excluded.alone or not s.alone or s.state = 'ended' or excluded.state = 'ended')`;

/**
 * Keeps a note for each of its subjects, brings their rows up to date and tells of it. What was kept before is passed
 * over. Rows are written in the order of the ids, so that two notes never wait for each other in a circle.
 */
export async function keepNote(tx: EntityManager, note: SagaNote): Promise<void> {
  const { subjects, stands, act } = note;
  const fact = factOf(note);
  await tx.query(
    `with subject as (
       select id, title, kind, array(select jsonb_array_elements_text(players)) as players
       from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[]) as g (id, title, kind, players)
     ), noted as (
       insert into sagas.timeline (saga, title, workflow_id, run_id, number, at, state, step, says, why, owner, act, operator, reason, answer_code, answer_detail)
       select id, title, $5, $6, $7, $8::timestamptz, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18 from subject order by id
       on conflict do nothing
       returning saga
     ), written as (
       insert into sagas.sagas as s (id, title, kind, players, state, step, says, why, since, owner, workflow_id, run_id, number, alone, noted_at)
       select id, title, kind, players, $9, $10, $11, $12, $19::timestamptz, $13, $5, $6, $7, $20::boolean, $8::timestamptz
       from subject join noted on noted.saga = subject.id order by id
       on conflict (id) do update set
         state = excluded.state, step = excluded.step, says = excluded.says, why = excluded.why, since = excluded.since, owner = excluded.owner,
         workflow_id = excluded.workflow_id, run_id = excluded.run_id, number = excluded.number, alone = excluded.alone, noted_at = excluded.noted_at
       where ${newer}
     )
     ${outboxInsertFrom('sagas', { from: 'subject join noted on noted.saga = subject.id', type: '$21::text', subject: 'id', data: '$22::json', order: 'id' })}`,
    [
      subjects.map(({ id }) => id),
      subjects.map(({ title }) => title),
      subjects.map(({ kind }) => kind),
      subjects.map(({ players }) => JSON.stringify(players)),
      note.workflowId,
      note.runId,
      note.number,
      note.at,
      note.state,
      stands?.step ?? null,
      storableOrNull(stands?.says),
      storableOrNull(stands?.why),
      storableOrNull(note.owner),
      act?.name ?? null,
      storableOrNull(act?.operator),
      storableOrNull(act?.reason),
      act?.answer?.code ?? null,
      storableOrNull(act?.answer?.detail),
      stands?.since ?? null,
      note.alone,
      fact.type,
      JSON.stringify(fact.data),
    ],
  );
}
