import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sequencer from '@jest/test-sequencer';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The suites that take a minute or more, the longest first. */
const slow = [
  'test/crashes/crash-points.test.ts',
  'test/saga/interleavings.test.ts',
  'test/e2e/stuck.test.ts',
  'test/e2e/money/killed.test.ts',
  'test/e2e/money/webhooks-off.test.ts',
  'test/stack/start.test.ts',
  'test/convoys/shown.test.ts',
  'test/payments/webhooks.test.ts',
  'test/convoys/leaving.test.ts',
  'test/e2e/money/webhooks-on.test.ts',
  'test/saga/refund-interleavings.test.ts',
  'test/e2e/connection-strings.test.ts',
  'test/temporal/upkeep.test.ts',
  'test/http/titles-apart.test.ts',
  'test/saga/stuck.test.ts',
  'test/http/hostile.test.ts',
  'test/stack/dev.test.ts',
  'test/saga/local-replay.test.ts',
  'test/saga/refund-acts.test.ts',
  'test/http/list-oracle.test.ts',
  'test/openapi/clients.test.ts',
  'test/sagas/reach.test.ts',
  'test/saga/paid-acts.test.ts',
  'test/saga/shown.test.ts',
].map((path) => join(root, path));

/**
 * Has the slow suites begin first, so that none is what all others have to wait for in the end. Jest goes by what its
 * cache says, and there is none in a new checkout.
 */
export default class SlowFirst extends Sequencer {
  /** @throws where a suite of the list is not there */
  async sort(tests) {
    const missing = slow.filter((path) => !existsSync(path));
    if (missing.length > 0) throw new Error(`test/harness/slow-first.mjs names what is not there: ${missing}`);
    const place = ({ path }) => (slow.includes(path) ? slow.indexOf(path) : slow.length);
    return [...(await super.sort(tests))].sort((a, b) => place(a) - place(b));
  }
}
