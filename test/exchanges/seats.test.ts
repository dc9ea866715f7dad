import { expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { ConvoyDispatcher } from '../../src/exchanges/convoy-dispatcher.js';
import { DealIntake } from '../../src/exchanges/deal-intake.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import type { AcceptOutcome } from '../../src/exchanges/deals.types.js';
import type { ExchangeStarter } from '../../src/exchanges/exchange-starter.service.js';
import { VeltrixError } from '../../src/errors.js';
import { newId } from '../../src/ids.js';
import { tradeKind } from '../../src/trades/trade-kind.js';
import type { NewTrade, Trade, TradeTerms } from '../../src/trades/trades.types.js';
import type { Exchange } from '../../contracts/nouns.js';

/*
 * Seats and departures, against what must be so whatever becomes of each trade. The intake, its batcher and the convoys
 * are the real ones. PostgreSQL and Temporal are doubles, because their moments are what is chosen here.
 */

/** What becomes of a trade at its INSERT. One that is accepted at the second attempt has its transaction run twice. */
const fates = ['accepted', 'accepted-again', 'declined', 'replayed', 'key-reused', 'fails', 'outage'] as const;
type Fate = (typeof fates)[number];
/** What becomes of a run. */
const ends = ['answers', 'fails to start', 'never answers'] as const;

/** The trades of PostgreSQL, and the runs of Temporal, as a test wants them. */
class Doubles {
  /** By id, what each accepted trade's row names as its run; null is the sweep's. */
  readonly accepted = new Map<string, string | null>();
  readonly started: { run: string; ids: string[] }[] = [];
  readonly refused: string[] = [];
  maxUnderWay = 0;
  private underWay = 0;
  private turn = 0;

  constructor(private readonly runs: readonly (typeof ends)[number][]) {}

  readonly service = {
    accept: async (
      asked: readonly NewTrade[],
      seated: (admitted: readonly NewTrade[]) => NewTrade[],
    ): Promise<AcceptOutcome<TradeTerms>[]> => {
      await pause();
      const fate = (trade: NewTrade): Fate => trade.reference as Fate;
      const admitted = asked.filter((trade) => fate(trade) !== 'declined');
      let given = seated(admitted);
      await pause();
      if (asked.some((trade) => fate(trade) === 'accepted-again')) given = seated(admitted);
      const trades = asked.map((trade) => given.find(({ id }) => id === trade.id) ?? trade);
      if (trades.some((trade) => fate(trade) === 'outage'))
        throw Object.assign(new Error('PostgreSQL is away'), { code: 'ECONNREFUSED' });
      if (trades.some((trade) => fate(trade) === 'fails')) throw new Error('this one is bad');
      return trades.map((trade) => {
        if (fate(trade) === 'key-reused') return { outcome: 'key-reused' };
        if (fate(trade) === 'declined')
          return { outcome: 'declined', cause: { code: 'out-of-stock', detail: 'It is gone.' } };
        const row = { ...trade, state: 'accepted', reason: null, createdAt: new Date(), closedAt: null } as Trade;
        if (fate(trade) === 'replayed') return { outcome: 'replayed', deal: { ...row, id: newId('trd') } };
        this.accepted.set(trade.id, trade.workflowId);
        return { outcome: 'accepted', deal: row };
      });
    },
  } as unknown as DealsService<TradeTerms>;

  readonly starter = {
    start: async (exchanges: readonly Exchange[], run: string): Promise<string> => {
      const end = this.runs[this.turn++ % this.runs.length];
      this.underWay += 1;
      this.maxUnderWay = Math.max(this.maxUnderWay, this.underWay);
      await pause();
      const ids = exchanges.map(({ id }) => id);
      if (end !== 'fails to start') this.started.push({ run, ids });
      else this.refused.push(...ids);
      if (end === 'fails to start') {
        this.underWay -= 1;
        throw new Error('Temporal is away');
      }
      return end ?? '';
    },
    ended: async (_run: string, _ms: number, end: string): Promise<undefined> => {
      // The real one gives up after its time, and the convoy counts no more.
      await pause(end === 'never answers' ? 3 : 1);
      this.underWay -= 1;
      return undefined;
    },
  } as unknown as ExchangeStarter;
}

/** Lets others go on, so many times. */
async function pause(times = 1): Promise<void> {
  for (let time = 0; time < times; time++) await new Promise((resolve) => setImmediate(resolve));
}

const asked = (fate: Fate, bytes = 0) => ({
  title: 'arena',
  key: newId('trd'),
  fingerprint: Buffer.alloc(0),
  reference: fate,
  parties: [
    { player: `a${'x'.repeat(bytes)}`, gives: { amounts: [{ asset: 'gold', amount: '1' }], items: [] } },
    { player: 'b', gives: { amounts: [], items: [] } },
  ] as never,
});

const waiting = async (registry: Registry): Promise<number> =>
  (await registry.getSingleMetric('veltrix_convoy_waiting_exchanges')?.get())?.values[0]?.value ?? NaN;
/** The exchanges aboard, which nobody outside is told of. */
const aboard = (convoys: ConvoyDispatcher): number => (convoys as unknown as { aboard: Set<string> }).aboard.size;

/**
 * Waits until nothing waits and nobody is aboard. A seat that is not given back keeps its convoy for more than a
 * minute.
 */
async function quiet(convoys: ConvoyDispatcher, registry: Registry): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause()) {
    if (aboard(convoys) === 0 && (await waiting(registry)) === 0) return;
  }
  expect({ aboard: aboard(convoys), waiting: await waiting(registry) }).toEqual({ aboard: 0, waiting: 0 });
}

/** Holds what must be so when all is quiet. */
function expectDeparted({ accepted, started, refused, maxUnderWay }: Doubles): void {
  const ids = [...started.flatMap((one) => one.ids), ...refused];
  expect(ids.length).toBe(new Set(ids).size);
  // What has no seat is the sweep's, and what could not be started too.
  expect(new Set(ids)).toEqual(new Set([...accepted].flatMap(([id, run]) => (run === null ? [] : [id]))));
  for (const { run, ids: some } of started) {
    for (const id of some) expect(accepted.get(id)).toBe(run);
    expect(some.length).toBeLessThanOrEqual(256);
  }
  expect(maxUnderWay).toBeLessThanOrEqual(4);
}

const wave = fc.array(fc.tuple(fc.constantFrom(...fates), fc.constantFrom(0, 0, 0, 40_000)), {
  minLength: 1,
  maxLength: 40,
});

test('whatever becomes of each trade, nobody stays aboard or waits, and every accepted one departs once', async () => {
  Logger.overrideLogger(false);
  await fc.assert(
    fc.asyncProperty(
      fc.array(wave, { minLength: 1, maxLength: 4 }),
      fc.array(fc.constantFrom(...ends), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      async (waves, runs, ending) => {
        const registry = new Registry();
        const doubles = new Doubles(runs);
        const convoys = new ConvoyDispatcher(doubles.starter, registry);
        const intake = new DealIntake(tradeKind, doubles.service, convoys);
        const answers: Promise<unknown>[] = [];
        for (const some of waves) {
          for (const [fate, bytes] of some)
            answers.push(
              intake.take(asked(fate, bytes)).then(
                (taken) => taken.dispatch(),
                (error: unknown) => expect(error).toBeInstanceOf(Error),
              ),
            );
          await pause();
        }
        if (ending) convoys.beforeApplicationShutdown();
        await Promise.all(answers);
        await quiet(convoys, registry);
        expectDeparted(doubles);
      },
    ),
    { numRuns: 60, endOnFailure: true, seed: Number(process.env['VELTRIX_TEST_SEED'] ?? Date.now() % 2 ** 31) },
  );
});

test.each(['fails', 'outage', 'declined', 'replayed', 'key-reused'] as const)(
  'a seat is given back where the INSERT ends with %s, and the next trade departs',
  async (fate) => {
    const registry = new Registry();
    const doubles = new Doubles(['answers']);
    const convoys = new ConvoyDispatcher(doubles.starter, registry);
    const intake = new DealIntake(tradeKind, doubles.service, convoys);
    await intake.take(asked(fate)).catch(() => undefined);
    await (await intake.take(asked('accepted'))).dispatch();
    await quiet(convoys, registry);
    expectDeparted(doubles);
    expect(doubles.started).toHaveLength(1);
  },
);

const exchange = (): Exchange => ({ id: newId('trd'), title: 'arena', kind: 'trade', legs: [], moves: [] });

/** Convoys of which so many are under way, and whose runs do not answer before they are let. */
async function held(): Promise<{ convoys: ConvoyDispatcher; registry: Registry; started: string[]; let: () => void }> {
  const registry = new Registry();
  const started: string[] = [];
  let release: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (release = resolve));
  const starter = {
    start: (exchanges: readonly Exchange[]) => (started.push(...exchanges.map(({ id }) => id)), Promise.resolve('run')),
    ended: () => late.then(() => undefined),
  } as unknown as ExchangeStarter;
  const convoys = new ConvoyDispatcher(starter, registry);
  // Full ones depart until four are under way.
  for (let convoy = 0; convoy < 5; convoy++)
    for (const seat of convoys.seats(Array.from({ length: 256 }, exchange))) void seat?.board();
  await pause(3);
  return { convoys, registry, started, let: release };
}

test("no more than 4 096 wait, what comes then is the sweep's, and there is room when they have gone", async () => {
  const { convoys, registry, started, let: release } = await held();
  const seats = Array.from({ length: 20 }, () => convoys.seats(Array.from({ length: 256 }, exchange))).flat();
  for (const seat of seats) void seat?.board();
  expect(await waiting(registry)).toBe(4_096);
  expect(seats.some((seat) => seat === undefined)).toBe(true);
  expect(started.length).toBeLessThanOrEqual(4 * 256);
  release();
  await quiet(convoys, registry);
  expect(convoys.seats([exchange()])[0]).toBeDefined();
});

test('what is given back makes room for others to wait', async () => {
  const { convoys, registry, let: release } = await held();
  const before = await waiting(registry);
  for (const seat of convoys.seats(Array.from({ length: 300 }, exchange))) seat?.leave();
  expect(await waiting(registry)).toBe(before);
  release();
  await quiet(convoys, registry);
});

test('an exchange that is aboard is given no second seat, and one that has come back is', async () => {
  const { convoys, registry, let: release } = await held();
  const one = exchange();
  const [seat] = convoys.seats([one]);
  expect(convoys.seats([one])).toEqual([undefined]);
  void seat?.board();
  release();
  await quiet(convoys, registry);
  const [again] = convoys.seats([one]);
  expect(again).toBeDefined();
  again?.leave();
});

test('all that is in the line is started when the process ends, whatever is under way', async () => {
  const { convoys, registry, started } = await held();
  const last = Array.from({ length: 300 }, exchange);
  for (const seat of convoys.seats(last)) void seat?.board();
  await pause(3);
  expect(last.some(({ id }) => started.includes(id))).toBe(false);
  convoys.beforeApplicationShutdown();
  // Also what boards while the last requests are answered.
  const [late] = convoys.seats([exchange()]);
  void late?.board();
  await pause(5);
  expect(last.filter(({ id }) => !started.includes(id))).toEqual([]);
  expect(await waiting(registry)).toBe(0);
});

test('requests beyond those that may wait are sent away with nothing left aboard', async () => {
  const registry = new Registry();
  const doubles = new Doubles(['answers']);
  const convoys = new ConvoyDispatcher(doubles.starter, registry);
  const intake = new DealIntake(tradeKind, doubles.service, convoys);
  const taken = await Promise.allSettled(Array.from({ length: 2_400 }, () => intake.take(asked('accepted'))));
  expect(
    taken.some(
      (one) => one.status === 'rejected' && one.reason instanceof VeltrixError && one.reason.code === 'overloaded',
    ),
  ).toBe(true);
  for (const one of taken) if (one.status === 'fulfilled') void one.value.dispatch();
  await quiet(convoys, registry);
  expectDeparted(doubles);
});
