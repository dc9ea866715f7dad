import type { EntityManager } from 'typeorm';
import type { SagaNote } from '../../contracts/sagas.js';
import { outboxInsertFrom } from '../events/outbox.js';
import { Parameters } from '../postgres/parameters.js';
import { factOf, storable } from './sagas.rules.js';

const storableOrNull = (text: string | undefined | null): string | null =>
  text === undefined || text === null ? null : storable(text);

/**
 * A newer note overwrites the row. "Ended" always does: the deals that an ended run still lists are closed. Any other
 * note of a convoy is ignored for a deal that already has a run of its own.
 */
const newer = `
  (excluded.noted_at > s.noted_at
    or excluded.noted_at = s.noted_at and (excluded.run_id <> s.run_id or excluded.number > s.number))
  and (excluded.alone or not s.alone or s.state = 'ended' or excluded.state = 'ended')`;

/**
 * Keeps a note for each of its subjects, brings their rows up to date and tells of it. What was kept before is passed
 * over. Rows are written in the order of the ids, so that two notes never wait for each other in a circle.
 */
export async function keepNote(tx: EntityManager, note: SagaNote): Promise<void> {
  const { subjects, stuckAt, act } = note;
  const fact = factOf(note);
  const parameters = new Parameters();
  const subject = parameters.columns({
    id: ['text', subjects.map(({ id }) => id)],
    title: ['text', subjects.map(({ title }) => title)],
    kind: ['text', subjects.map(({ kind }) => kind)],
    players: ['jsonb', subjects.map(({ players }) => JSON.stringify(players))],
  });
  const said = parameters.row({
    workflow_id: note.workflowId,
    run_id: note.runId,
    number: note.number,
    state: note.state,
    step: stuckAt?.step ?? null,
    description: storableOrNull(stuckAt?.description),
    why: storableOrNull(stuckAt?.why),
    owner: storableOrNull(note.owner),
  });
  const acted = parameters.row({
    act: act?.name ?? null,
    operator: storableOrNull(act?.operator),
    reason: storableOrNull(act?.reason),
    answer_code: act?.answer?.code ?? null,
    answer_detail: storableOrNull(act?.answer?.detail),
  });
  const at = parameters.add(note.at, 'timestamptz');
  const since = parameters.add(stuckAt?.since ?? null, 'timestamptz');
  const alone = parameters.add(note.alone, 'boolean');
  const told = {
    from: 'subject join noted on noted.saga = subject.id',
    type: parameters.add(fact.type, 'text'),
    subject: 'id',
    data: parameters.add(JSON.stringify(fact.data), 'json'),
    order: 'id',
  };
  await tx.query(
    `with subject as (
       select id, title, kind, array(select jsonb_array_elements_text(players)) as players from ${subject.rows}
     ), noted as (
       insert into sagas.timeline (saga, title, at, ${said.names}, ${acted.names})
       select id, title, ${at}, ${said.values}, ${acted.values} from subject order by id
       on conflict do nothing
       returning saga
     ), written as (
       insert into sagas.sagas as s (id, title, kind, players, ${said.names}, since, alone, noted_at)
       select id, title, kind, players, ${said.values}, ${since}, ${alone}, ${at}
       from subject join noted on noted.saga = subject.id order by id
       on conflict (id) do update set
         state = excluded.state, step = excluded.step, description = excluded.description, why = excluded.why,
         since = excluded.since, owner = excluded.owner, workflow_id = excluded.workflow_id, run_id = excluded.run_id,
         number = excluded.number, alone = excluded.alone, noted_at = excluded.noted_at
       where ${newer}
     )
     ${outboxInsertFrom('sagas', told)}`,
    parameters.values,
  );
}
