import { exchangeWorkflowId, playersOf } from '../../contracts/nouns.js';
import type { SagaNote } from '../../contracts/sagas.js';
import type { Deal } from '../exchanges/deals.js';
import type { NotedSaga, Saga, SagaEvent, SagaViewState, TimelineNote } from './sagas.types.js';
import { answerForTitle, whyForTitle } from './why.rules.js';

/** How many characters of an error's text are kept. */
const maxCharacters = 1_000;

/**
 * Text as PostgreSQL can keep it: at most 1 000 characters, and with U+FFFD where U+0000 or half a surrogate pair was.
 */
export function storable(text: string): string {
  // A surrogate that has its other half is no match under the flag `u`.
  const whole = text.slice(0, maxCharacters * 2).replace(/[\0\p{Surrogate}]/gu, '\ufffd');
  return [...whole].slice(0, maxCharacters).join('');
}

/**
 * A note about subjects of several titles, as one note for each title, without the ids of other titles in its texts.
 * The titles are sorted, so that the transactions of two notes never wait for each other in a circle.
 */
export function notesByTitle(note: SagaNote): SagaNote[] {
  const titles = [...new Set(note.subjects.map(({ title }) => title))].sort();
  return titles.map((title) => {
    const subjects = note.subjects.filter((subject) => subject.title === title);
    const own = new Set(subjects.map(({ id }) => id));
    const { stuckAt, act } = note;
    return {
      ...note,
      subjects,
      stuckAt: stuckAt && { ...stuckAt, why: whyForTitle(stuckAt.why, own) },
      act: act && { ...act, answer: act.answer && answerForTitle(act.answer, own) },
    };
  });
}

/** The type and the data of the fact of a note. They are the same for each of its subjects. */
export function factOf({ state, stuckAt, owner, act }: SagaNote): { type: string; data: Record<string, unknown> } {
  const changes = {
    running: 'freed',
    stuck: 'stuck',
    compensating: 'compensating',
    parked: 'parked',
    ended: 'ended',
  } as const;
  const change = act === null ? changes[state] : act.answer === null ? 'operated' : 'answered';
  return {
    type: `saga.${change}`,
    data: {
      ...(stuckAt !== null && { ...(stuckAt.step !== null && { step: stuckAt.step }), why: storable(stuckAt.why) }),
      ...(owner !== null && { owner: storable(owner) }),
      ...(act !== null && { act: act.name, operator: storable(act.operator), reason: storable(act.reason) }),
      ...(act !== null &&
        act.answer !== null && { answer: { code: act.answer.code, detail: storable(act.answer.detail) } }),
    },
  };
}

/**
 * A saga by its deal and by the last note of its runs, if there is one. The saga of a closed deal is `ended`, whatever
 * the last note says. The saga of an open deal is never `ended`: where the last note says so, another run will go on
 * with it.
 */
export function sagaOf(deal: Deal, noted: NotedSaga | undefined): Saga {
  const { exchange, state: dealState, acceptedAt, closedAt } = deal;
  const goesOn = noted !== undefined && noted.state !== 'ended' && closedAt === null;
  const state: SagaViewState = closedAt !== null ? 'ended' : goesOn ? noted.state : 'running';
  return {
    id: exchange.id,
    kind: exchange.kind,
    state,
    stuckAt:
      goesOn && state !== 'running'
        ? { step: noted.step, description: noted.description, why: noted.why, since: noted.since, owner: noted.owner }
        : null,
    players: playersOf(exchange),
    dealState,
    workflowId: goesOn ? noted.workflowId : (deal.workflowId ?? exchangeWorkflowId(exchange)),
    acceptedAt,
  };
}

/** A note as an event of the timeline. */
export function eventOf({ at, state, workflowId, step, why, owner, act }: TimelineNote): SagaEvent {
  if (act === null) return { at, event: state === 'running' ? 'freed' : state, workflowId, step, why, owner };
  const { name, operator, reason, answer } = act;
  return answer === null
    ? { at, event: 'operator', act: name, operator, reason }
    : { at, event: 'answer', act: name, operator, ...answer };
}

/** Events in the order in which they happened. Events of the same moment stay in the order in which they were given. */
export function inOrder(events: readonly SagaEvent[]): SagaEvent[] {
  return [...events].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * The UUID in the id of a deal, by which lists are ordered: ids of every kind sort by the moment in which they were
 * made.
 */
export function placeOf(id: string): string {
  return id.slice(4);
}

/**
 * The place of a deal in a list, as a cursor has it: the first half of the UUID as an unsigned number, and the second
 * half as a signed one.
 */
export function positionOf(id: string): { major: string; minor: string } {
  const number = BigInt(`0x${placeOf(id).replaceAll('-', '')}`);
  return { major: String(number >> 64n), minor: String(BigInt.asIntN(64, number)) };
}

/** The UUID of a place: the inverse of `positionOf`. */
export function placeAt({ major, minor }: { major: string; minor: string }): string {
  const digits = ((BigInt(major) << 64n) | BigInt.asUintN(64, BigInt(minor))).toString(16).padStart(32, '0');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
