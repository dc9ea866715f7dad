import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Check, Look, Part } from '../../../src/reconciliation/checks.types.js';
import { openMoney, type MoneyWorld } from './money-world.js';

/* What is missing at the provider is missing only where all of it was read in the same run. */

let world: MoneyWorld;
const opened: MoneyWorld[] = [];
beforeEach(async () => {
  world = await openMoney();
  opened.push(world);
});
afterAll(() => Promise.all(opened.map((one) => one.close())));

function check(name: string): Check {
  const found = world.checks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`There is no check ${name}.`);
  return found;
}

/** Looks at parts until there is none, or for so many. @returns what they came to, and where the next one begins */
async function through(
  name: string,
  look: Look,
  { after = null, most = 1_000 }: { after?: string | null; most?: number } = {},
): Promise<{ found: string[]; reasons: string[]; next: string | null }> {
  const [found, reasons] = [[] as string[], [] as string[]];
  let next = after;
  for (let many = 0; many < most; many++) {
    const part: Part = await check(name).look(look, next);
    found.push(...part.findings.map(({ type, subject }) => `${type} ${subject}`));
    reasons.push(...(part.reasons ?? []).map(({ code }) => code));
    next = part.next;
    if (next === null) break;
  }
  return { found, reasons, next };
}

const importer = 'provider-import';

test('a run that reads an account while another one does is as whole as it is alone', async () => {
  const { id, intent } = await world.bought();
  const [daily, hourly] = [await world.look(), await world.look({ kind: 'incremental' })];
  const { next } = await through(importer, daily, { most: 1 });
  expect(await through(importer, hourly)).toMatchObject({ reasons: [], next: null });
  expect(await through(importer, daily, { after: next })).toMatchObject({ reasons: [], next: null });
  await world.damage('delete from reconciliation.provider_objects where id = $1', [intent]);
  for (const look of [daily, hourly])
    expect(await through('payments', look)).toMatchObject({ found: [`4 ${id}`], reasons: [] });
});

test('a list that is broken for one run is not made whole by another', async () => {
  await world.bought();
  const [one, other] = [await world.look(), await world.look()];
  await world.provider.fault({ on: { method: 'GET', path: '/v1/payouts' }, fault: 'status', status: 403, times: 1 });
  expect(await through(importer, one)).toMatchObject({ reasons: ['permission'] });
  await through(importer, other);
  expect(await through('payments', other)).toMatchObject({ found: [], reasons: [] });
  expect(await through('payments', one)).toMatchObject({ found: [], reasons: ['side-unreadable'] });
});

test('a run in which nobody has read the account of a payment says so, and a hot one has no need to', async () => {
  await world.bought();
  expect(await through('payments', await world.look())).toMatchObject({ reasons: ['side-unreadable'] });
  expect(await through('payments', await world.look({ kind: 'hot' }))).toMatchObject({ reasons: [] });
});

test('only a run that has read the account says that nothing is missing there any more', async () => {
  const { id, intent } = await world.bought();
  const full = await world.look();
  await through(importer, full);
  await world.damage('delete from reconciliation.provider_objects where id = $1', [intent]);
  const payments = check('payments');
  expect((await payments.again(full, [id])).map(({ type }) => type)).toEqual([4]);
  expect(await payments.unsure?.(full, [id])).toEqual([]);
  const hot = await world.look({ kind: 'hot' });
  expect(await payments.again(hot, [id])).toEqual([]);
  expect(await payments.unsure?.(hot, [id])).toEqual([id]);
  const late = await world.look({ kind: 'incremental', since: new Date(Date.now() + 80 * 3_600_000) });
  await through(importer, late);
  expect(await payments.unsure?.(late, [id])).toEqual([id]);
});

test('only a run that has read the account says that the sums and the payouts of it are right', async () => {
  const { id } = await world.bought();
  const paid = await world.provider.act<{ id: string }>('payout', id);
  const [full, hot] = [await world.look(), await world.look({ kind: 'hot' })];
  await through(importer, full);
  const payout = JSON.stringify(['arena', 'stripe', paid.id]);
  for (const [name, place] of [
    ['payouts', payout],
    ['balance', 'sum:arena'],
  ] as const) {
    expect(await check(name).unsure?.(full, [place])).toEqual([]);
    expect(await check(name).unsure?.(hot, [place])).toEqual([place]);
  }
});
