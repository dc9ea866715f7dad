import { setTimeout as sleep } from 'node:timers/promises';
import type { ArrivalReport, DesignName } from '../driver/orders.js';
import { readBooks, readHoldings, untilAtRest } from '../system/books.js';
import type { System } from '../system/system.js';
import { firstOwners } from '../system/world.js';
import { completedPurchases, moneyDisagreements, readInsideBooks } from './books.js';
import { bookFees } from './fees.js';
import { begin, end, type OutageName } from './outages.js';

/** What is asked of one run of arrivals. */
export interface ArrivalQuestion {
  design: DesignName;
  outage: OutageName;
  perSecond: number;
  seconds: number;
}

/** What one run has come to: one JSON line. */
export interface ArrivalResult extends ArrivalQuestion, ArrivalReport {
  /** Purchases that were paid and granted in the end, once the outage was over. */
  completed: number;
  /** How long it took from the end of the outage until nothing was open any more. */
  recoverySeconds: number;
  /** Why the run does not count; none where it does. */
  faults: string[];
}

/** How long purchases may stay open after an outage. */
const restWithinMs = 180_000;

let runs = 0;

/** Has purchases and bystanders arrive during an outage, ends it, and checks the books once all is at rest. */
export async function measureArrivals(system: System, question: ArrivalQuestion): Promise<ArrivalResult> {
  const { design, outage, perSecond, seconds } = question;
  const { money } = system;
  if (money === undefined) throw new Error('The system has nothing for purchases in real money.');
  const judge = design === 'veltrix' ? judgeOfVeltrix(system) : judgeOfInside(system);
  const before = await judge();
  const holdings =
    design === 'veltrix'
      ? await readHoldings('convoys', system.databases.convoys)
      : await readHoldings('bare-sql', money.insideDatabase);
  await begin(money, outage);
  let report: ArrivalReport;
  try {
    report = await system.driver.arrive({
      ...{ design, perSecond, seconds, holdings, players: system.players },
      bystandersSettle: outage !== 'temporal-gone',
      keyPrefix: `arrivals-${process.pid}-${++runs}`,
    });
  } finally {
    await end(money, outage);
  }
  const began = Date.now();
  const rested = await atRest(system, design);
  const recoverySeconds = (Date.now() - began) / 1_000;
  if (design === 'veltrix') await bookFees(system);
  const after = await judge();
  const completed = after.completed - before.completed;
  const faults = [...after.disagreements];
  if (!rested) faults.push(`purchases were still open ${restWithinMs / 1_000} s after the outage`);
  // What the service inside the request has told nobody of is no fault of the run: it is what is measured.
  if (design === 'veltrix' && completed !== report.acceptedInAll)
    faults.push(`${report.acceptedInAll} purchases were accepted and ${completed} are completed`);
  return { ...question, ...report, completed, recoverySeconds, faults };
}

type Judge = () => Promise<{ completed: number; disagreements: string[] }>;

function judgeOfVeltrix(system: System): Judge {
  const { money, databases, players } = system;
  return async () => {
    const wanted = { players, items: firstOwners(players).length };
    const books = await readBooks('money', databases.money, wanted);
    const disagreements = money === undefined ? [] : await moneyDisagreements(money, 'money', databases.money);
    return {
      completed: await completedPurchases(databases.money),
      disagreements: [...books.disagreements, ...disagreements],
    };
  };
}

function judgeOfInside({ money }: System): Judge {
  return async () => {
    if (money === undefined) return { completed: 0, disagreements: [] };
    const { paid, disagreements } = await readInsideBooks(money);
    return { completed: paid, disagreements };
  };
}

async function atRest(system: System, design: DesignName): Promise<boolean> {
  if (design === 'veltrix') return untilAtRest('money', system.databases.money, restWithinMs);
  for (const deadline = Date.now() + restWithinMs; system.money !== undefined; await sleep(200)) {
    if ((await readInsideBooks(system.money)).pending === 0) return true;
    if (Date.now() > deadline) return false;
  }
  return true;
}
