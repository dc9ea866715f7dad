import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { stepsOf, type PendingStep, type RecordedEvent } from '../../src/sagas/saga-history.rules.js';
import type { StepTaken } from '../../src/sagas/sagas.types.js';

interface Recorded {
  events: (Record<string, unknown> & {
    eventType: string;
    workflowExecutionStartedEventAttributes?: { input: { payloads: { data: string }[] } };
  })[];
}

const folder = fileURLToPath(new URL('../saga/histories/', import.meta.url));

/** A recorded run: the ids of its exchanges, and its events as the client reads them. */
function run(name: string): { ids: string[]; history: RecordedEvent[] } {
  const recorded = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as Recorded;
  const input = recorded.events[0]?.workflowExecutionStartedEventAttributes?.input.payloads[0]?.data ?? '';
  const ids = (JSON.parse(Buffer.from(input, 'base64').toString()) as { id: string }[]).map(({ id }) => id);
  return { ids, history: historyFromJSON(recorded).events ?? [] };
}

const line = ({ step, outcome, attempts, cause, lastError }: StepTaken): string =>
  `${step} ${outcome} ${attempts}${cause === undefined ? '' : ` ${cause.code}`}` +
  (lastError === undefined ? '' : ` (${lastError})`);

/** What each exchange of a run went through. */
function lines(name: string): string[][] {
  const { ids, history } = run(name);
  return ids.map((id) => stepsOf(id, history, []).map(line));
}

const settled = ['inventoryHold ok 1', 'ledgerTransfer posted 1', 'inventoryMove moved 1', 'closeTrades settled 1'];
const refusedByTheInventory = ['inventoryHold refused 1 item-not-owned', 'closeTrades refused 1 item-not-owned'];
const refusedByTheLedger = [
  'inventoryHold ok 1',
  'ledgerTransfer refused 1 insufficient-funds',
  'inventoryRelease released 1 insufficient-funds',
  'closeTrades refused 1 insufficient-funds',
];
const legsAlone = ['ledgerTransfer posted 1', 'closeTrades settled 1'];
const itemsAlone = ['inventoryHold ok 1', 'inventoryMove moved 1', 'closeTrades settled 1'];

describe('the steps of a recorded run', () => {
  test.each<[string, string[][]]>([
    ['settled', [settled]],
    ['settled-legs-alone', [legsAlone]],
    ['settled-items-alone', [itemsAlone]],
    ['refused-by-the-inventory', [refusedByTheInventory]],
    ['refused-by-the-ledger', [refusedByTheLedger]],
    [
      'paid-settled',
      [
        [
          'inventoryHold ok 1',
          'paymentAuthorize authorized 1',
          'paymentCapture captured 1',
          'ledgerTransfer posted 1',
          'inventoryMove moved 1',
          'closePurchases settled 1',
        ],
      ],
    ],
    ['paid-waits', [['inventoryHold ok 1', 'paymentAuthorize waits 1', 'waitPurchases done 1']]],
    [
      'paid-declined',
      [
        [
          'inventoryHold ok 1',
          'paymentAuthorize turned-back 1 payment-declined',
          'paymentVoid cancelled 1 payment-declined',
          'inventoryRelease released 1 payment-declined',
          'closePurchases compensated 1 payment-declined',
        ],
      ],
    ],
    [
      'compensated',
      [
        [
          'inventoryHold ok 1',
          'ledgerTransfer abandoned 0',
          'ledgerCancel cancelled 1 compensated-by-operator',
          'inventoryRelease released 1 compensated-by-operator',
          'closeTrades compensated 1 compensated-by-operator',
        ],
      ],
    ],
  ])('are those of the lone exchange: %s', (name, expected) => {
    expect(lines(name)).toEqual(expected);
  });

  test.each<[string, string[][]]>([
    ['settled-dispatched', [settled]],
    [
      'settled-answers-lost',
      [['inventoryHold ok 1', 'ledgerTransfer posted 2', 'inventoryMove moved 1', 'closeTrades settled 1']],
    ],
  ])('are told alike where they were dispatched: %s', (name, expected) => {
    expect(lines(name)).toEqual(expected);
  });

  // Of a local attempt that failed or ended by its timeout nothing is told. The step that was dispatched after it is.
  test.each(['convoy', 'convoy-dispatched', 'convoy-timed-out'])(
    'are for one exchange of a convoy what was answered for it: %s',
    (name) => {
      expect(lines(name)).toEqual([settled, refusedByTheLedger, itemsAlone, legsAlone, refusedByTheInventory]);
    },
  );

  test('end for an exchange that has left where it left', () => {
    expect(lines('convoy-left-at-the-hold')).toEqual([
      settled,
      settled,
      ['inventoryHold failed 1 (this one is bad)', 'startAlone done 1'],
      settled,
    ]);
    expect(lines('convoy-left-at-the-close')[2]).toEqual([
      ...settled.slice(0, 3),
      'closeTrades failed 1 (this one is bad)',
      'startAlone done 1',
    ]);
  });

  test('leave out the steps that were about others alone', () => {
    expect(lines('convoy-left-by-the-only-one')).toEqual([
      ['inventoryHold failed 1 (this one is bad)', 'startAlone done 1'],
      legsAlone,
      legsAlone,
    ]);
  });

  test('are none for an exchange that was not in it', () => {
    for (const name of readdirSync(folder))
      expect(stepsOf('trd_00000000-0000-7000-8000-000000000000', run(name.replace('.json', '')).history, [])).toEqual(
        [],
      );
  });

  test('say what they do, and when they were begun', () => {
    const { ids, history } = run('convoy-dispatched');
    expect(stepsOf(ids[0] ?? '', history, [])[0]).toMatchObject({
      description: 'hold the items of 4 exchanges',
      at: Date.parse('2026-11-29T11:18:27.963Z'),
    });
    const local = run('settled');
    expect(stepsOf(local.ids[0] ?? '', local.history, [])[1]).toMatchObject({
      description: `book the legs of ${local.ids[0]}`,
      at: Date.parse('2026-11-29T11:18:24.387Z'),
    });
  });
});

describe('a step that is under way', () => {
  const pending: PendingStep = {
    activityId: '3',
    attempt: 7,
    lastFailure: { message: '', cause: { message: 'the server is away' } },
    nextAttemptScheduleTime: { seconds: 1_767_225_600, nanos: 5_999_999 },
  };

  /** A run whose steps were dispatched, as it was before its second step was answered. */
  function cut(): { id: string; history: RecordedEvent[] } {
    const { ids, history } = run('settled-dispatched');
    const second = history.findIndex(
      ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'ledgerTransfer',
    );
    return { id: ids[0] ?? '', history: history.slice(0, second + 1) };
  }

  test('is pending, with its attempt, what it last failed with, and when it is tried again', () => {
    const { id, history } = cut();
    expect(stepsOf(id, history, [pending])[1]).toMatchObject({
      step: 'ledgerTransfer',
      outcome: 'pending',
      attempts: 7,
      lastError: 'the server is away',
      nextAttemptAt: Date.parse('2026-01-01T00:00:00.005Z'),
    });
  });

  test('is pending at its first attempt too', () => {
    const { id, history } = cut();
    const [, step] = stepsOf(id, history, [{ activityId: '3', attempt: 1 }]);
    expect(step).toMatchObject({ outcome: 'pending', attempts: 1 });
    expect(step).not.toHaveProperty('lastError');
    expect(step).not.toHaveProperty('nextAttemptAt');
  });

  test('is abandoned where its run has ended, or waits for it no more', () => {
    const { id, history } = cut();
    expect(stepsOf(id, history, [])[1]).toMatchObject({ outcome: 'abandoned' });
    const cancelled = run('compensated');
    expect(stepsOf(cancelled.ids[0] ?? '', cancelled.history, [pending])[1]).toMatchObject({
      step: 'ledgerTransfer',
      outcome: 'abandoned',
    });
  });

  test('that was given up is failed, with what it failed with', () => {
    const { id, history } = cut();
    const scheduledEventId = history.at(-1)?.eventId ?? null;
    const started: RecordedEvent = { activityTaskStartedEventAttributes: { scheduledEventId, attempt: 9 } };
    const failed: RecordedEvent = {
      activityTaskFailedEventAttributes: { scheduledEventId, failure: { message: 'for too long' } },
    };
    const timedOut: RecordedEvent = { activityTaskTimedOutEventAttributes: { scheduledEventId, failure: null } };
    expect(stepsOf(id, [...history, started, failed], []).map(line)[1]).toBe('ledgerTransfer failed 9 (for too long)');
    expect(stepsOf(id, [...history, started, timedOut], []).map(line)[1]).toBe(
      'ledgerTransfer failed 9 (The step did not answer in time.)',
    );
  });
});

test('what is no list of exchanges is no step', () => {
  const payload = (value: unknown, encoding = 'json/plain') => ({
    metadata: { encoding: Buffer.from(encoding) },
    data: Buffer.from(JSON.stringify(value)),
  });
  const scheduled = (input: object | null): RecordedEvent => ({
    eventId: 5,
    activityTaskScheduledEventAttributes: { activityId: '1', activityType: { name: 'x' }, input },
  });
  const inputs = [
    null,
    {},
    { payloads: [] },
    { payloads: [payload({ id: 'trd_1' })] },
    { payloads: [payload(['trd_1'])] },
    { payloads: [payload(null)] },
    { payloads: [payload([{ id: 'trd_1' }], 'binary/encrypted')] },
  ];
  for (const input of inputs) expect(stepsOf('trd_1', [scheduled(input)], [])).toEqual([]);
  expect(stepsOf('trd_1', [scheduled({ payloads: [payload([null, { id: 'trd_1' }])] })], [])).toHaveLength(1);
});
