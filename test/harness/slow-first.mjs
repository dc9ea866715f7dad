import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

const root = fileURLToPath(new URL('../..', import.meta.url));
const inRoot = (paths) => paths.map((path) => join(root, path));

/**
 * The suites that take a minute or more and wait most of that time, for timeouts, deadlines, or processes that start:
 * the longest first.
 */
const waiting = inRoot([
  'test/crashes/crash-points.test.ts',
  'test/e2e/stuck.test.ts',
  'test/e2e/money/killed.test.ts',
  'test/stack/start.test.ts',
  'test/e2e/money/webhooks-off.test.ts',
  'test/e2e/money/webhooks-on.test.ts',
  'test/temporal/upkeep.test.ts',
  'test/saga/stuck.test.ts',
  'test/stack/dev.test.ts',
  'test/saga/local-replay.test.ts',
  'test/saga/refund-acts.test.ts',
  'test/sagas/reach.test.ts',
  'test/saga/paid-acts.test.ts',
  'test/saga/shown.test.ts',
  'test/convoys/shown.test.ts',
]);

/** Those that take about a minute or more and keep a processor busy: the longest first. */
const busy = inRoot([
  'test/saga/interleavings.test.ts',
  'test/convoys/leaving.test.ts',
  'test/http/titles-apart.test.ts',
  'test/http/hostile.test.ts',
  'test/http/list-oracle.test.ts',
  'test/openapi/clients.test.ts',
  'test/saga/refund-interleavings.test.ts',
  'test/payments/webhooks.test.ts',
  'test/e2e/connection-strings.test.ts',
]);

/** About how long a suite takes, in seconds, by which a waiting one gets its company. */
const seconds = { waiting: 80, busy: 80, other: 5 };

/**
 * Has the slow suites begin first, so that none is what all others have to wait for in the end. Beside one that waits
 * there are others that do not, so that the processors are busy. Jest goes by what its cache says, and there is none in
 * a new checkout.
 */
export default class SlowFirst extends Sequencer {
  /** @throws where a suite of the lists is not there */
  async sort(tests) {
    const missing = [...waiting, ...busy].filter((path) => !existsSync(path));
    if (missing.length > 0) throw new Error(`test/harness/slow-first.mjs names what is not there: ${missing}`);
    const sorted = await super.sort(tests);
    const chosen = (list) => list.flatMap((path) => sorted.filter((test) => test.path === path));
    const rest = sorted.filter(({ path }) => !waiting.includes(path) && !busy.includes(path));
    return inCompany(chosen(waiting), [...chosen(busy), ...rest]);
  }
}

/** Puts after each that waits as many of the others as take as long as it, and then the rest of them. */
function inCompany(those, others) {
  const order = [];
  const left = [...others];
  for (const one of those) {
    order.push(one);
    for (let company = 0; company < seconds.waiting && left.length > 0;) {
      const other = left.shift();
      order.push(other);
      company += busy.includes(other.path) ? seconds.busy : seconds.other;
    }
  }
  return [...order, ...left];
}
