import { BareSqlWay } from './bare-sql.way.js';
import { ArrivalRun } from './arrivals.js';
import { MoneyWay } from './money.way.js';
import type { ArrivalOrder, DriverNews, DriverTargets, RunOrder } from './orders.js';
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

async function carryOut(order: RunOrder | ArrivalOrder): Promise<void> {
  const work = 'design' in order ? new ArrivalRun(targets, order) : wayOf(order);
  try {
    if ('design' in order) tell({ news: 'arrived', report: await (work as ArrivalRun).carryOut() });
    else tell({ news: 'done', report: await new Run(work as Way, order, tell).carryOut() });
  } catch (error) {
    tell({ news: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  } finally {
    await work.close();
  }
}

process.on('message', (order: RunOrder | ArrivalOrder) => void carryOut(order));
// Without the harness there is nobody to drive for.
process.on('disconnect', () => process.exit());
tell({ news: 'ready' });
