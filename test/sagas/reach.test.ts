import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { convoyWorkflowId, exchangeWorkflowId, type Exchange } from '../../contracts/nouns.js';
import { operatorActs, type OperatorAct, type OperatorActName, type SagaNote } from '../../contracts/sagas.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { acceptTrades } from '../convoys/convoy-samples.js';
import { until } from '../e2e/processes.js';
import { openApi, type Api } from '../http/api.js';
import { SagaWorld } from '../saga/saga-world.js';
import { noteOf } from './samples.js';

/*
 * Which run an operator reaches, whatever was noted of the saga before. In each of these worlds a convoy of others is
 * under way with an exchange, or was, and the exchange has a run of its own or not.
 */

let world: SagaWorld;
let api: Api;
let key: string;
/** The exchanges whose legs cannot be booked now, so that their run stands there. */
const barred = new Set<string>();
beforeAll(async () => {
  world = await SagaWorld.open({ environment: { STUCK_AFTER_SECONDS: '1' } });
  await world.defineGoods();
  api = await openApi({ env: { DATABASE_URL: world.config.DATABASE_URL, TASK_QUEUE: world.config.TASK_QUEUE } });
  key = await api.makeTitle('arena');
});
afterAll(async () => {
  // What is parked waits for somebody. Where its test did not run, it is parked only here.
  for (const name of Object.keys(withRun)) {
    const { own } = (await ready.get(`${name} park`)) as Situation;
    const args: [OperatorAct] = [{ operator: 'olga', reason: 'It is day.' }];
    for (const act of ['park', 'resume']) await handle(own).executeUpdate(act, { args });
  }
  // What still stands goes on by itself, or is ended with its database.
  barred.clear();
  await until('all is quiet', async () => (await world.imbalance()).openHolds === 0);
  await api.close();
  const imbalance = await world.imbalance();
  await world.close();
  expect(imbalance).toEqual({ sums: [], openHolds: 0 });
});
beforeAll(async () => {
  world.before = (step, args) => {
    const bars = step === 'ledgerTransfer' && [...barred].some((id) => JSON.stringify(args).includes(id));
    return bars ? Promise.reject(new Error('nothing can be booked now')) : Promise.resolve();
  };
  await sendConvoy();
  prepare();
});

const handle = (workflowId: string) => world.client.workflow.getHandle(workflowId);

/** How many acts a workflow was let in, in all of its runs that Temporal knows; undefined where it knows none. */
async function letIn(workflowId: string): Promise<number | undefined> {
  const described = await handle(workflowId)
    .describe()
    .catch(() => undefined);
  if (described === undefined) return undefined;
  const { events } = await handle(workflowId).fetchHistory();
  return (events ?? []).filter(({ workflowExecutionUpdateAcceptedEventAttributes: accepted }) => accepted).length;
}

async function stands(workflowId: string): Promise<void> {
  await until(`${workflowId} stands`, async () => {
    const { typedSearchAttributes, raw } = await handle(workflowId).describe();
    const isStuck = typedSearchAttributes.getAll().some(({ value }) => value === 'stuck');
    return (
      isStuck &&
      (raw.pendingActivities ?? []).some(
        ({ attempt, activityType }) => activityType?.name === 'ledgerTransfer' && (attempt ?? 0) > 1,
      )
    );
  });
}

const note = (id: string, changes: Partial<SagaNote>): Promise<void> =>
  api.app
    .get(SagasService, { strict: false })
    .note(noteOf(id, { subjects: [{ id, kind: 'trade', title: 'arena', players: [] }], ...changes }));

interface Situation {
  exchange: Exchange;
  /** The workflow that an act is to reach. */
  own: string;
  /** The workflow that it must not reach. */
  convoy: string;
}

const noted = (id: string): Promise<void> =>
  until(
    'it is noted',
    async () => (await world.session.query('select from sagas.sagas where id = $1', [id])).rows.length > 0,
  );

/** Forgets what was noted of a saga: what its run has told is as good as not told yet. */
const forget = ({ exchange: { id } }: Situation): Promise<unknown> =>
  world.session.query(
    `alter table sagas.sagas disable trigger user;
     delete from sagas.sagas where id = '${id}';
     alter table sagas.sagas enable trigger user`,
  );

/** The convoy of all that travel. It stands until the end. */
let convoy: string;
let travellers: Exchange[];
async function sendConvoy(): Promise<void> {
  travellers = await acceptTrades(world, 16);
  convoy = convoyWorkflowId(travellers[0] as Exchange);
  for (const { id } of travellers) barred.add(id);
  await world.starter.recordStart(travellers, convoy);
  await world.starter.start(travellers, convoy);
  await stands(convoy);
  for (const { id } of travellers) await noted(id);
}

/** One of those that travel with the convoy, which has noted it and is named by its row. */
async function travels(): Promise<Situation> {
  const exchange = travellers.pop() as Exchange;
  return { exchange, own: exchangeWorkflowId(exchange), convoy };
}

/** An exchange with a run of its own that stands and is noted. */
async function runsAlone(own: (exchange: Exchange) => string = exchangeWorkflowId): Promise<Situation> {
  const [exchange] = (await acceptTrades(world, 1)) as [Exchange];
  barred.add(exchange.id);
  await world.starter.start([exchange], own(exchange), convoy);
  await stands(own(exchange));
  await noted(exchange.id);
  return { exchange, own: own(exchange), convoy };
}

/** Has a saga noted as if by another run than its own. It comes later than what its own has told. */
async function notedAs(situation: Situation, changes: Partial<SagaNote>): Promise<Situation> {
  const { id } = situation.exchange;
  await note(id, { runId: `another-${id}`, at: new Date(Date.now() + 1_000).toISOString(), ...changes });
  return situation;
}

async function unheard(changes?: Partial<SagaNote>): Promise<Situation> {
  const situation = await runsAlone();
  await forget(situation);
  return changes === undefined ? situation : notedAs(situation, changes);
}

async function namedAsConvoy(situation: Situation): Promise<Situation> {
  await world.starter.recordStart([situation.exchange], convoy);
  return situation;
}

const withRun: Record<string, () => Promise<Situation>> = {
  'is noted by it': () => runsAlone(),
  'is noted by it, and named by its row as one of the convoy': async () => namedAsConvoy(await runsAlone()),
  'is noted by the convoy late, after it': async () => notedAs(await runsAlone(), { workflowId: convoy, alone: false }),
  'is noted by the convoy alone': () => unheard({ workflowId: convoy, alone: false }),
  'is noted by the convoy alone, which its row names': async () =>
    namedAsConvoy(await unheard({ workflowId: convoy, alone: false })),
  'is noted as ended by the convoy': () => unheard({ workflowId: convoy, alone: false, state: 'ended', stuckAt: null }),
  'is noted as ended by a run that was alone under the name of the convoy': () =>
    unheard({ workflowId: convoy, alone: true, state: 'ended', stuckAt: null }),
  'is not noted': () => unheard(),
  'is not noted, and named by its row as one of the convoy': async () => namedAsConvoy(await unheard()),
  'is noted by it, which has the name of a convoy': () => runsAlone(convoyWorkflowId),
};

/** Those that travel, or that nothing works on, have no run that could be steered. */
const withoutRun: Record<string, () => Promise<Situation>> = {
  'travels with a convoy that has noted it': travels,
  'travels with a convoy that has not noted it': async () => {
    const situation = await travels();
    await forget(situation);
    return situation;
  },
  'travels with a convoy, and is noted by a run of its own that was ended from outside': async () => {
    const situation = await travels();
    return notedAs(situation, { workflowId: situation.own, alone: true });
  },
  'is worked on by nothing, and is noted by a convoy': async () => {
    const [exchange] = (await acceptTrades(world, 1)) as [Exchange];
    barred.add(exchange.id);
    const situation = { exchange, own: exchangeWorkflowId(exchange), convoy };
    return notedAs(situation, { workflowId: convoy, alone: false });
  },
};

/** How many situations come about at the same time. Most of that is wait, and more would wait for connections. */
const atOnce = 24;

/** Every situation for every act. */
const ready = new Map<string, Promise<Situation>>();
function prepare(): void {
  for (const [name, come] of Object.entries({ ...withRun, ...withoutRun })) {
    for (const act of operatorActs) {
      const earlier = [...ready.values()].at(-atOnce);
      const situation = ready.size < atOnce ? come() : (earlier ?? Promise.resolve()).then(come, come);
      situation.catch(() => undefined);
      ready.set(`${name} ${act}`, situation);
    }
  }
}

const operate = async (id: string, act: OperatorActName): Promise<unknown> => {
  const { status, body } = await api.send('POST', `/v1/sagas/${id}/${act}`, {
    key,
    body: { operator: 'olga', reason: 'It is night.' },
  });
  const { code, detail, answer } = body as {
    code?: string;
    detail?: string;
    answer?: { code: string; detail: string };
  };
  return [status, answer?.code ?? code, answer?.detail ?? detail];
};

const answers: Record<OperatorActName, unknown> = {
  retry: [200, 'retried', 'The step ledgerTransfer has answered.'],
  compensate: [200, 'compensated', 'compensated-by-operator: olga: It is night.'],
  resolve: [
    409,
    'saga-not-resolvable',
    'The pivot is open: nothing is decided yet, and items may be held. Retry the saga, or compensate it.',
  ],
  park: [200, 'parked', 'The saga makes no further forward step until it is resumed, compensated or resolved.'],
  resume: [409, 'saga-not-parked', 'No operator has parked the saga.'],
};

describe.each(Object.keys(withRun))('an act on a saga that has a run of its own and %s', (name) => {
  test.each([...operatorActs])('reaches that run: %s', async (act) => {
    const { exchange, own } = (await ready.get(`${name} ${act}`)) as Situation;
    if (act === 'retry') barred.delete(exchange.id);
    expect(await operate(exchange.id, act)).toEqual(answers[act]);
    expect([await letIn(own), await letIn(convoy)]).toEqual([1, 0]);
  });
});

const notAlone = (id: string, what: string): unknown => [
  409,
  'saga-not-alone',
  `No run settles ${id} by itself, so there is none to ${what}. ` +
    'It travels with others, or its run is yet to be started.',
];

/** What is answered where no run settles a deal by itself, of acts that need one. */
const withoutOne: Partial<Record<OperatorActName, (id: string) => unknown>> = {
  retry: (id) => notAlone(id, 'try again'),
  park: (id) => notAlone(id, 'park'),
  resume: (id) => [409, 'saga-not-parked', `No run settles ${id} by itself, so none is parked.`],
};

describe.each(Object.keys(withoutRun))('an act on a saga that %s', (name) => {
  test.each([...operatorActs])('never reaches the convoy: %s', async (act) => {
    const { exchange, own } = (await ready.get(`${name} ${act}`)) as Situation;
    expect(await operate(exchange.id, act)).toEqual(withoutOne[act]?.(exchange.id) ?? answers[act]);
    expect([await letIn(own), await letIn(convoy)]).toEqual([act in withoutOne ? undefined : 1, 0]);
  });
});
