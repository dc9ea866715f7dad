import { expect, test } from '@jest/globals';
import { RunResults } from './run-results.js';

/** A Temporal that answers when a test says so. */
class SlowTemporal {
  readonly asked: string[] = [];
  readonly stopped: string[] = [];
  readonly answers: ((result: unknown) => void)[] = [];
  readonly results = new RunResults((workflowId, runId, stop) => {
    this.asked.push(`${workflowId} ${runId ?? '-'}`);
    stop.addEventListener('abort', () => this.stopped.push(workflowId));
    return new Promise((answer) => this.answers.push(answer));
  });
}

const all = (result: Promise<unknown>): Promise<unknown> => result;

test('twenty that wait for one run ask Temporal once, and each is answered', async () => {
  const { results, asked, answers } = new SlowTemporal();
  const waits = Array.from({ length: 20 }, () => results.of('trade/a', undefined, all));
  waits.push(results.of('trade/b', undefined, all), results.of('trade/a', 'first', all));
  expect(asked).toEqual(['trade/a -', 'trade/b -', 'trade/a first']);
  for (const answer of answers) answer('ended');
  expect(new Set(await Promise.all(waits))).toEqual(new Set(['ended']));
});

test('whoever waits after a run has ended asks anew', async () => {
  const { results, asked, answers } = new SlowTemporal();
  const first = results.of('trade/a', undefined, all);
  answers[0]?.('the first');
  expect(await first).toBe('the first');
  const second = results.of('trade/a', undefined, all);
  answers[1]?.('the second');
  expect(await second).toBe('the second');
  expect(asked).toHaveLength(2);
});

test('Temporal is asked no more once nobody waits, and not before', async () => {
  const { results, stopped } = new SlowTemporal();
  let giveUp: () => void = () => undefined;
  const short = results.of('trade/a', undefined, () => Promise.resolve('no longer'));
  const long = results.of('trade/a', undefined, () => new Promise<void>((resolve) => (giveUp = resolve)));
  expect(await short).toBe('no longer');
  expect(stopped).toEqual([]);
  giveUp();
  await long;
  expect(stopped).toEqual(['trade/a']);
});

test('a run that cannot be asked for is told to all that wait, and asked for anew by the next', async () => {
  let asked = 0;
  const results = new RunResults(() => Promise.reject(new Error(`Refused ${++asked}.`)));
  const waits = await Promise.allSettled([results.of('a', undefined, all), results.of('a', undefined, all)]);
  expect(waits.map((wait) => wait.status === 'rejected' && (wait.reason as Error).message)).toEqual([
    'Refused 1.',
    'Refused 1.',
  ]);
  await expect(results.of('a', undefined, all)).rejects.toThrow('Refused 2.');
});
