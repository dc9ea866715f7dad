import { expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/activity';
import { workerActivities, type Services } from './worker.activities.js';

/** Services of which each command that is called is noted. */
function watchedServices(called: string[]): Services {
  const service = (name: string): unknown =>
    new Proxy({}, { get: (_, command) => () => Promise.resolve(void called.push(`${name}.${String(command)}`)) });
  const known = { missing: (ids: string[]) => Promise.resolve(new Set(ids)), refused: () => undefined };
  const services: Record<string, unknown> = { known, deals: {} };
  return new Proxy(services, { get: (all, name) => all[String(name)] ?? service(String(name)) }) as unknown as Services;
}

test.each([
  ['steps', 'inventoryHold'],
  ['steps', 'ledgerTransfer'],
  ['steps', 'inventoryMove'],
  ['payments', 'paymentAuthorize'],
  ['payments', 'paymentCapture'],
  ['payments', 'paymentRefund'],
  ['undo', 'ledgerCancel'],
  ['undo', 'inventoryRelease'],
  ['payments', 'paymentVoid'],
  ['payments', 'paymentRefundCancel'],
] as const)('of %s, %s does nothing for a deal that is not there', async (queue, step) => {
  const called: string[] = [];
  const activities = workerActivities(watchedServices(called), (some) => some)[queue] as unknown as Record<
    string,
    (elements: unknown[], run?: unknown) => Promise<unknown>
  >;
  const made = activities[step]?.([{ id: 'trd_1', title: 'arena' }]);
  await expect(made).rejects.toThrow('There is no trd_1');
  await expect(made).rejects.toBeInstanceOf(ApplicationFailure);
  await expect(made).rejects.toMatchObject({ type: 'DealNotThere', nonRetryable: true });
  expect(called).toEqual([]);
});
