import type { StackProcess } from './child.js';
import { endInOrder } from './ending.js';
import { startKeeper } from './keeper.js';
import { identify, isRunning, signal, waitForEnd } from './process-identity.js';
import { HeldError, Roster } from './roster.js';
import { StartError, type Say } from './say.js';

const orphanEndsWithin = 120_000;

/**
 * Makes this process the one that holds the data folder: what an earlier one has left running is ended, and a keeper
 * ends what this one would leave.
 * @throws StartError where another start runs in the folder
 */
export async function holdFolder(folder: string, keeperLog: string, tell: Say): Promise<Roster> {
  const { roster, left } = await take(folder, tell);
  if (left.length > 0) {
    const names = left.map(({ name }) => name).join(', ');
    tell(`An earlier start did not end in order; what it has left is ended first: ${names}.`);
    await endInOrder(left, tell);
  }
  keepKeeper(folder, keeperLog);
  return roster;
}

async function take(folder: string, tell: Say): Promise<{ roster: Roster; left: StackProcess[] }> {
  // Where npm started us, it is what people see and end; npm's own end must then be ours.
  const parent = process.env['npm_lifecycle_event'] === undefined ? undefined : identify(process.ppid);
  for (;;) {
    try {
      return Roster.take(folder, parent);
    } catch (error) {
      if (!(error instanceof HeldError)) throw error;
      const { starter, parent: npm } = error.holder;
      const orphaned = npm !== undefined && !isRunning(npm);
      if (!orphaned)
        throw new StartError(
          `Veltrix runs already on the data in ${folder} (process ${starter.pid}): ` +
            'end that one first, or set VELTRIX_DATA_DIR and PORT for a second one.',
        );
      tell(`An earlier start has lost its npm and is ending; waiting for it …`);
      signal(starter, 'SIGTERM');
      if (!(await waitForEnd(starter, orphanEndsWithin)))
        throw new StartError(`The earlier start on ${folder} (process ${starter.pid}) does not end: kill it.`);
    }
  }
}

/**
 * The keeper is needed to the end, so one that is killed is replaced; after a pause, lest one that cannot run costs us
 * the machine.
 */
function keepKeeper(folder: string, log: string): void {
  startKeeper(folder, log).once('exit', () => setTimeout(() => keepKeeper(folder, log), 1_000).unref());
}
