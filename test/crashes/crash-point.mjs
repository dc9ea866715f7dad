/**
 * What stands in the place of src/process/crash-point.ts in a test's copy of the build. `CRASH_AT=name#n` makes the
 * process send itself CRASH_WITH when n different deals have come to the point, by themselves or in lists; what is
 * about no deal counts as one, and the purchase that a refund is of is none of them. Where CRASH_DOING says what is to
 * be done with them, the others pass by. Those who come before wait there, so that all of them stand at the point when
 * it happens; a process that was stopped lets them go when it continues.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const [at, nth] = (process.env['CRASH_AT'] ?? '').split('#');
const doing = process.env['CRASH_DOING'];
const here = new Set();
const waiting = [];
let over = false;

export async function crashPoint(point, about) {
  if (over || point !== at) return;
  const those = doing === undefined ? about : about.filter((one) => one.endsWith(` ${doing}`));
  if (doing !== undefined && those.length === 0) return;
  const text = JSON.stringify(those);
  for (const deal of text.match(/(?<!"purchase":")(?:trd|pur|rfd)_[0-9a-f-]{36}/g) ?? [text]) here.add(deal);
  if (here.size < Number(nth)) {
    await new Promise((resolve) => waiting.push(resolve));
    return;
  }
  over = true;
  const log = openSync(process.env['CRASH_LOG'], 'a');
  writeSync(log, JSON.stringify({ point, about: [...here] }));
  fsyncSync(log);
  closeSync(log);
  process.kill(process.pid, process.env['CRASH_WITH']);
  for (const go of waiting) go();
}
