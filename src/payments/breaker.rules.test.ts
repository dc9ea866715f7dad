import { describe, expect, test } from '@jest/globals';
import { afterCall, breakerAt, closedBreaker, maxAtOnce, type Breaker } from './breaker.rules.js';

const failing = (times: number, before: Breaker = closedBreaker): Breaker =>
  Array.from({ length: times }).reduce((breaker: Breaker) => afterCall(breaker, 1_000, 'failed', 'It hangs.'), before);

describe('a breaker', () => {
  test('opens where most calls fail, and not before five have ended', () => {
    expect(failing(4).state).toBe('closed');
    expect(failing(5)).toMatchObject({ state: 'open', why: 'It hangs.', until: 3_000 });
  });

  test('stays closed while fewer fail than succeed', () => {
    let breaker = closedBreaker;
    for (let call = 0; call < 100; call++)
      breaker = afterCall(breaker, 1_000, call % 5 === 0 ? 'failed' : 'succeeded', '');
    expect(breaker.state).toBe('closed');
  });

  test('opens at once where the provider denies the account', () => {
    expect(afterCall(closedBreaker, 1_000, 'denied', 'The key is not taken.').state).toBe('open');
  });

  test('forgets what is older than a minute', () => {
    expect(afterCall(failing(4), 61_001, 'failed', '').state).toBe('closed');
  });

  test('lets one call go after its pause, and waits twice as long where that fails', () => {
    const halfOpen = breakerAt(failing(5), 3_000);
    expect(halfOpen).toMatchObject({ state: 'half open', atOnce: 1 });
    expect(breakerAt(failing(5), 2_999).state).toBe('open');
    expect(afterCall(halfOpen, 3_000, 'failed', '')).toMatchObject({ state: 'open', until: 7_000 });
  });

  test('waits no longer than half a minute', () => {
    let breaker = failing(5);
    for (let round = 0; round < 10; round++)
      breaker = afterCall(breakerAt(breaker, breaker.until), 1_000, 'failed', '');
    expect(breaker.pauseMs).toBe(30_000);
  });

  test('closes after a success, and lets go two calls, then four, and all in the end', () => {
    let breaker = afterCall(breakerAt(failing(5), 3_000), 3_000, 'succeeded', '');
    expect(breaker).toMatchObject({ state: 'closed', atOnce: 2 });
    for (let call = 0; call < 10; call++) breaker = afterCall(breaker, 3_000, 'succeeded', '');
    expect(breaker.atOnce).toBe(maxAtOnce);
  });

  test('is not closed by a call that was sent before it opened', () => {
    expect(afterCall(failing(5), 1_500, 'succeeded', '').state).toBe('open');
  });
});
