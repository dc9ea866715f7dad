import type { Check, Finding, Look, Part } from '../checks.types.js';
import { judgeSums, withSums, type Sums } from './balance.rules.js';
import { readBundles } from './money-bundles.js';
import { judgeMoney } from './money.rules.js';
import { readIds } from './payments.reads.js';

/** How many payments are a part. */
const limit = 500;

interface Place {
  after: string;
  sums: Sums;
}

/** Sums up what the ledger and the provider have of all purchases in money. The place has the sums so far. */
export const balanceCheck: Check = {
  name: 'balance',
  kinds: ['full', 'history'],

  async look(look, after): Promise<Part> {
    const { next, place, many } = await step(
      look,
      after === null ? { after: '', sums: {} } : (JSON.parse(after) as Place),
    );
    const looked = { balances: many };
    if (next) return { findings: [], looked, next: JSON.stringify(place) };
    return { ...judgeSums(place.sums, look.now), looked, next: null };
  },

  /** A sum is found twice only by summing up twice. */
  async again(look, places): Promise<Finding[]> {
    if (!isOfAll(look.run)) return [];
    const titles = new Set(places.map((place) => place.slice('sum:'.length)));
    const findings: Finding[] = [];
    for (const title of titles) {
      const own = { ...look, run: { ...look.run, title } };
      let place: Place = { after: '', sums: {} };
      for (let isOver = false; !isOver;) {
        const done = await step(own, place);
        place = done.place;
        isOver = !done.next;
      }
      findings.push(...judgeSums(place.sums, look.now).findings);
    }
    return findings;
  },

  /** Only a run that reads everything can say that the sums are right. */
  unsure: ({ run }, places) => Promise.resolve(isOfAll(run) ? [] : [...places]),
};

function isOfAll({ kind }: Look['run']): boolean {
  return balanceCheck.kinds.includes(kind);
}

async function step(look: Look, { after, sums }: Place): Promise<{ place: Place; next: boolean; many: number }> {
  const ids = await readIds(look.read.payments, { after, title: look.run.title, limit }, null);
  const bundles = await readBundles(look, ids);
  const unmatched = bundles
    .filter((bundle) => judgeMoney(bundle, look.now).length > 0)
    .map(({ payment }) => payment.id);
  const place = { after: ids.at(-1) ?? after, sums: withSums(sums, bundles, new Set(unmatched)) };
  return { place, next: ids.length === limit, many: bundles.length };
}
