import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Case } from './case.js';
import { acceptCases } from './cases-accept.js';
import { authorizeCases } from './cases-authorize.js';
import { captureCases } from './cases-capture.js';
import { eventCases } from './cases-events.js';
import { outsideCases } from './cases-outside.js';
import { refundCases } from './cases-refund.js';
import { tellSample, tryAll, wayAt } from '../../harness/sample.js';
import type { Shop } from './shop.js';
import { expectEnd, expectSides } from './sides.js';
import { MoneySystem, type Webhooks } from './system.js';

/** How long a case may take on a machine that is busy with other things. */
const boundMs = 300_000;

/** How many cases go on at once: what each of them needs is mostly time. */
const atOnce = 16;

const allCases: readonly Case[] = [
  ...acceptCases,
  ...authorizeCases,
  ...captureCases,
  ...eventCases,
  ...refundCases,
  ...outsideCases,
];
/** Those that wait for a deadline begin first. */
const inOrder = [...allCases].sort((a, b) => Number(b.slow ?? false) - Number(a.slow ?? false));

/**
 * Those that are made with events, or without. Where they are not about events, a run makes every other one with them
 * and the rest without.
 */
function casesWith(webhooks: Webhooks): Case[] {
  return inOrder.filter(({ needsEvents }, place) => {
    if (needsEvents === true) return webhooks === 'on';
    return tryAll || (wayAt(place) === 0) === (webhooks === 'on');
  });
}

/** Declares the tests of the cases. One system runs them side by side, each in a title of its own. */
export function makeCases(webhooks: Webhooks): void {
  const cases = casesWith(webhooks);
  const shops = new Map<Case, Shop>();
  const results = new Map<Case, Promise<void>>();
  let system: MoneySystem;

  async function make(one: Case, place: number): Promise<void> {
    const shop = await system.shop(`case-${one.number}-${place}`);
    shops.set(one, shop);
    try {
      await one.act(shop);
      await expectEnd(shop, one.end);
      await one.also?.(shop);
    } catch (error) {
      // What was asked of the provider says the most about a case that fails, and the next one changes nothing of it.
      if (error instanceof Error) error.message += `\n\n${await shop.story()}`;
      throw error;
    }
  }

  beforeAll(async () => {
    tellSample();
    system = await MoneySystem.start(webhooks);
    const inTurn = turns(atOnce);
    for (const [place, one] of cases.entries()) {
      const result = inTurn(() => make(one, place));
      result.catch(() => undefined);
      results.set(one, result);
    }
  }, 120_000);
  afterAll(() => system.close());

  test.each(cases.map((one) => [`${one.number}: ${one.name}`, one] as const))(
    '%s',
    (_name, one) => results.get(one),
    boundMs,
  );

  test('nothing has changed afterwards, whatever came late', async () => {
    for (const one of cases) {
      const shop = shops.get(one);
      if (shop !== undefined) await expectSides(shop, one.end);
    }
  });

  test(`events were ${webhooks === 'on' ? 'believed' : 'sent by nobody'}`, async () => {
    const { rows } = await system.sql.query<{ some: boolean }>('select count(*) > 0 as some from payments.inbox');
    expect(rows).toEqual([{ some: webhooks === 'on' }]);
  });
}

/** @returns what lets so many go on at once, in order */
function turns(many: number): (work: () => Promise<void>) => Promise<void> {
  const waiting: (() => void)[] = [];
  let free = many;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
