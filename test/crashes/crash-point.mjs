/**
 * What stands in the place of src/crash-point.ts in a test's copy of the build. `CRASH_AT=name#n` makes the process send
 * itself CRASH_WITH at the nth different thing that comes to the point. Those before it wait there, so that all of them
 * stand at the point when it happens; a process that was stopped lets them go when it continues.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const [at, nth] = (process.env['CRASH_AT'] ?? '').split('#');
const here = new Set();
const waiting = [];
let over = false;

export async function crashPoint(point, about) {
  if (over || point !== at) return;
  here.add(JSON.stringify(about));
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
