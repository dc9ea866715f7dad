import { mend, strike, type Money } from '../system/money.js';

/** What is wrong while purchases arrive. */
export const outages = ['none', 'hung', 'gone', 'temporal-gone'] as const;
export type OutageName = (typeof outages)[number];

export const outageTitles: Record<OutageName, string> = {
  none: 'processor takes 300 ms',
  hung: 'processor hangs',
  gone: 'processor is gone',
  'temporal-gone': 'Temporal is gone',
};

/** What a call to the processor takes where nothing is wrong with it. */
const processorMs = 300;

/** Brings an outage about. */
export async function begin(money: Money, outage: OutageName): Promise<void> {
  if (outage === 'hung') await strike(money, { fault: 'hang' });
  else await strike(money, { fault: 'delay', ms: processorMs });
  if (outage === 'gone') await money.simulator.kill();
  if (outage === 'temporal-gone') await money.temporal.kill();
}

/** Takes it back. A processor that hangs is started anew, so that nobody waits for it any more. */
export async function end(money: Money, outage: OutageName): Promise<void> {
  if (outage === 'temporal-gone') await money.temporal.start();
  if (outage === 'gone') await money.simulator.start();
  await mend(money);
  if (outage !== 'hung') return;
  await money.simulator.kill();
  await money.simulator.start();
}
