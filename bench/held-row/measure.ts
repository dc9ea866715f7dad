import { playerName } from '../driver/deck.js';
import type { BesideOrder, BesideReport } from '../driver/orders.js';
import { aligned, figure, whole } from '../report/table.js';
import { rounded } from '../report/rounded.rules.js';
import { othersOf } from '../run.js';
import { readBooks, readHoldings, untilAtRest } from '../system/books.js';
import { cpuBetween, readCpu } from '../system/cpu.js';
import { startSystem, type System } from '../system/system.js';
import { firstOwners, title } from '../system/world.js';
import {
  faultsOf,
  middleOf,
  otherNames,
  others,
  parts,
  timesBefore,
  type HeldRuns,
  type PartName,
} from './held-row.rules.js';
import { whileHeld, type HeldRow } from './stranger.js';

const players = 10_000;
const warmUpSeconds = 5;
/** How long deals may stay open once the row is free. */
const restWithinMs = 60_000;
/** Whose row is held. */
const holder = playerName(0);

interface Row extends HeldRow {
  name: string;
  needing: BesideOrder['needing'];
}

/** Has requests come for so many seconds, of which some need a row. */
type Beside = (seconds: number, needing: BesideOrder['needing']) => Promise<BesideReport>;

/**
 * Measures how long transfers and trades take while a stranger's session holds one row that one request in ten needs,
 * beside how long they take before and after.
 * @param held for how many seconds each row is held in one run; what is before and after is as long
 * @returns whether nothing else has failed, no p99 is more than twice that of before, and the books agree
 */
export async function measureHeldRow(
  { held, runs }: { held: number; runs: number },
  say: (line: string) => void,
): Promise<boolean> {
  const system = await startSystem(players, say);
  try {
    const beside = await besideRunsOf(system, 1 + 2 * runs * parts.length, say);
    await beside(warmUpSeconds, 'nothing');
    const all: HeldRuns[] = [];
    for (const row of await rowsOf(system)) {
      const { databases } = system;
      const reports: HeldRuns['parts'] = { before: [], held: [], after: [] };
      for (let run = 1; run <= runs; run++) {
        reports.before.push(await beside(held, 'nothing'));
        reports.held.push(await whileHeld(databases.convoys, row, () => beside(held, row.needing)));
        reports.after.push(await beside(held, 'nothing'));
      }
      all.push({ row: row.name, parts: reports });
    }
    const faults = [...all.flatMap(faultsOf), ...(await bookFaults(system))];
    say(tableOf(all));
    for (const fault of faults) say(`void: ${fault}`);
    return faults.length === 0;
  } finally {
    await system.end();
  }
}

/** The two rows that are held, one after the other: an account, and an instance. */
async function rowsOf({ databases }: System): Promise<Row[]> {
  const item = (await readHoldings('convoys', databases.convoys)).find(({ player }) => player === holder)?.item;
  if (item === undefined) throw new Error(`${holder} has no item.`);
  const ofAccount = `select from ledger.accounts where title = $1 and owner = $2 and asset = 'gold'`;
  return [
    { name: 'an account', needing: 'account', select: ofAccount, parameters: [title, `player:${holder}`] },
    {
      name: 'an instance',
      needing: { item },
      select: 'select from inventory.instances where id = $1',
      parameters: [item.replace('ins_', '')],
    },
  ];
}

/**
 * Has requests come in parts that trade no item twice, so that none of them is refused.
 * @param shares how many parts there are
 */
async function besideRunsOf(
  { databases, driver, pids }: System,
  shares: number,
  say: (line: string) => void,
): Promise<Beside> {
  const holdings = (await readHoldings('convoys', databases.convoys)).filter(({ player }) => player !== holder);
  let share = 0;
  return async (seconds, needing) => {
    const mine = share++;
    const before = readCpu(pids);
    const report = await driver.beside({
      ...{ seconds, needing, players },
      keyPrefix: `beside-${process.pid}-${mine}`,
      holdings: holdings.filter((_, place) => place % shares === mine),
    });
    const cpu = cpuBetween(before, readCpu(pids));
    say(JSON.stringify(rounded({ seconds, held: needing, ...report, cpuOfOthers: othersOf(cpu) })));
    return report;
  };
}

async function bookFaults({ databases }: System): Promise<string[]> {
  const rested = await untilAtRest('convoys', databases.convoys, restWithinMs);
  const { disagreements } = await readBooks('convoys', databases.convoys, {
    players,
    items: firstOwners(players).length,
  });
  return rested
    ? disagreements
    : [...disagreements, `trades were still open ${restWithinMs / 1_000} s after the row was free`];
}

function tableOf(all: readonly HeldRuns[]): string {
  const ofPart = (runs: HeldRuns, part: PartName): string[][] =>
    otherNames.map((name) => [
      `${others[name]}, ${part === 'held' ? `${runs.row} held` : part}`,
      whole(runs.parts[part].reduce((sum, report) => sum + report[name].sent, 0)),
      figure(middleOf(runs, part, name, 'p50')),
      figure(middleOf(runs, part, name, 'p99')),
      `${figure(timesBefore(runs, part, name))} ×`,
    ]);
  return aligned([
    ['what does not need the row', 'sent', 'p50 ms', 'p99 ms', 'p99 to before'],
    ...all.flatMap((runs) => parts.flatMap((part) => ofPart(runs, part))),
  ]).join('\n');
}
