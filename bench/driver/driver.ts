import { BareSqlWay } from './bare-sql.way.js';
import { ArrivalRun } from './arrivals.js';
import { BesideRun } from './beside.js';
import { MoneyWay } from './money.way.js';
import type { ArrivalOrder, BesideOrder, DriverNews, DriverTargets, RunOrder } from './orders.js';
import { PurchaseWay } from './purchase.way.js';
import { RestWay } from './rest.way.js';
import { Run } from './run-order.js';
import { UsualPurchaseWay } from './usual-purchase.way.js';
import { UsualWay } from './usual-way.way.js';
import type { Way } from './way.js';

/**
 * The process that drives the load, one order at a time. It is one of its own so that its processor time is known and
 * so that nothing of the harness disturbs what it measures.
 */
const targets = JSON.parse(process.argv[2] ?? '') as DriverTargets;

function wayOf({ way, inFlight }: RunOrder): Way {
  switch (way) {
    case 'convoys':
      return new RestWay(targets, inFlight);
    case 'usual-way':
      return new UsualWay(targets);
    case 'bare-sql':
      return new BareSqlWay(targets, inFlight);
    case 'money':
      return new MoneyWay(targets, inFlight);
    case 'usual-purchase':
      return new UsualPurchaseWay(targets);
    default:
      return new PurchaseWay(targets, inFlight, way);
  }
}

const tell = (news: DriverNews): void => void process.send?.(news);

type Order = RunOrder | ArrivalOrder | BesideOrder;

function workOf(order: Order): { carryOut(): Promise<DriverNews>; close(): Promise<void> } {
  if ('design' in order) {
    const run = new ArrivalRun(targets, order);
    return { carryOut: async () => ({ news: 'arrived', report: await run.carryOut() }), close: () => run.close() };
  }
  if ('needing' in order) {
    const run = new BesideRun(targets, order);
    return { carryOut: async () => ({ news: 'beside', report: await run.carryOut() }), close: () => run.close() };
  }
  const way = wayOf(order);
  const run = new Run(way, order, tell);
  return { carryOut: async () => ({ news: 'done', report: await run.carryOut() }), close: () => way.close() };
}

async function carryOut(order: Order): Promise<void> {
  const work = workOf(order);
  try {
    tell(await work.carryOut());
  } catch (error) {
    tell({ news: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    await work.close();
  }
}

process.on('message', (order: Order) => void carryOut(order));
// Without the harness there is nobody to drive for.
process.on('disconnect', () => process.exit());
tell({ news: 'ready' });
