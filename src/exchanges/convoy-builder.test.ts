import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import { ConvoyBuilder } from './convoy-builder.js';

let made = 0;

function exchange(legs = 0): Exchange {
  const leg = { from: `player:${'a'.repeat(128)}`, to: `player:${'b'.repeat(128)}`, asset: 'gold', amount: '1' };
  return { id: `trd_${++made}`, title: 'arena', kind: 'trade', legs: Array<typeof leg>(legs).fill(leg), moves: [] };
}

const seated = (convoy: ConvoyBuilder, exchanges: readonly Exchange[]) => exchanges.map((one) => convoy.seat(one));

describe('a convoy that gathers', () => {
  test('gives 256 seats and no more', () => {
    const seats = seated(
      new ConvoyBuilder(),
      Array.from({ length: 260 }, () => exchange()),
    );
    expect(seats.filter((seat) => seat !== undefined)).toHaveLength(256);
    expect(seats.slice(256)).toEqual(Array(4).fill(undefined));
  });

  test('gives seats for 512 KB and no more, and always a first one', () => {
    const large = Array.from({ length: 60 }, () => exchange(50));
    const seats = seated(new ConvoyBuilder(), large).filter((seat) => seat !== undefined);
    const bytes = large.slice(0, seats.length).reduce((sum, one) => sum + JSON.stringify(one).length, 0);
    expect(seats.length).toBeLessThan(60);
    expect(bytes).toBeLessThanOrEqual(512 * 1024);
    expect(bytes + JSON.stringify(large[0]).length).toBeGreaterThan(512 * 1024);
    expect(new ConvoyBuilder().seat(exchange(3_000))).toBeDefined();
  });

  test('of one that nobody can join any more is its own run, and a convoy where others could have come', async () => {
    const [alone, early] = [exchange(), exchange()];
    const closed = new ConvoyBuilder();
    const seat = closed.seat(alone);
    void closed.close();
    expect(seat?.workflowId).toBe(`trade/${alone.id}`);
    const open = new ConvoyBuilder();
    const asked = open.seat(early);
    expect(asked?.workflowId).toBe(`convoy/${early.id}`);
    void open.close();
    expect(asked?.workflowId).toBe(`convoy/${early.id}`);
  });

  test('departs when every seat is taken or given back, and not before', async () => {
    const convoy = new ConvoyBuilder();
    const [first, second, third] = seated(convoy, [exchange(), exchange(), exchange()]);
    let closed = false;
    const closing = convoy.close().then(() => (closed = true));
    void first?.board();
    second?.leave();
    await new Promise((resolve) => setImmediate(resolve));
    expect([closed, convoy.seat(exchange())]).toEqual([false, undefined]);
    void third?.board();
    await closing;
    expect(convoy.exchanges.map(({ id }) => id)).toEqual([convoy.ids[0], convoy.ids[2]]);
  });

  test('tells each passenger what became of its own deal, and nothing where the run has not said so', async () => {
    const convoy = new ConvoyBuilder();
    const [settled, left] = [exchange(), exchange()];
    const told = seated(convoy, [settled, left]).flatMap((seat) => seat?.board() ?? []);
    await convoy.close();
    const closedAt = '2026-01-01T00:00:00.000Z';
    convoy.tell({
      count: 2,
      common: { state: 'settled', closedAt },
      exceptions: [{ id: left.id, outcome: 'failed', error: 'It is bad.' }],
    });
    expect(await Promise.all(told)).toEqual([{ id: settled.id, state: 'settled', closedAt }, undefined]);
    const silent = new ConvoyBuilder();
    const waiting = silent.seat(exchange())?.board();
    await silent.close();
    silent.tell(undefined);
    expect(await waiting).toBeUndefined();
  });
});
