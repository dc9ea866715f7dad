import type { Check, Finding, Look, Part, Reason } from '../checks.types.js';
import { readBundles } from './money-bundles.js';
import { judgeMoney } from './money.rules.js';
import { readClosedLate, readIds, readOpen, readRefunded, readTouched, type PaymentsAsked } from './payments.reads.js';
import { readFrom } from './provider-import.js';
import { smallestUuid } from './smallest-id.rules.js';

/** How many payments are a part. */
const limit = 500;

/**
 * Holds each purchase in real money to what the provider, the payments and the ledger say of it. What is new is looked
 * at by its id. Of the rest an incremental run looks at what goes on, at what was closed since, and at what something
 * was told about.
 */
export const paymentsCheck: Check = {
  name: 'payments',
  kinds: ['hot', 'incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const { phase, behind } = placeOf(look, after);
    const ids = await (phase === 'new' ? newIds(look, behind) : oldIds(look, behind));
    const bundles = await readBundles(look, ids);
    const last = ids.length < limit ? undefined : ids.at(-1);
    const hasOthers = phase === 'new' && look.run.since !== null;
    const next = last === undefined ? (hasOthers ? 'old:' : null) : `${phase}:${last}`;
    return {
      findings: findingsOf(look, bundles),
      looked: { payments: bundles.length },
      ...(look.run.kind !== 'hot' && { reasons: unreadAccounts(bundles) }),
      next,
    };
  },

  async again(look, places): Promise<Finding[]> {
    const ids = idsOf(places);
    const findings: Finding[] = [];
    for (let from = 0; from < ids.length; from += limit)
      findings.push(...findingsOf(look, await readBundles(look, ids.slice(from, from + limit))));
    return findings;
  },

  async unsure(look, places): Promise<string[]> {
    const bundles = await readBundles(look, idsOf(places));
    const notWhole = new Set(bundles.flatMap(({ isWhole, payment }) => (isWhole ? [] : [payment.id])));
    return places.filter((place) => idsOf([place]).some((id) => notWhole.has(id)));
  },
};

/** The payments of places, some of which say more than that: see money-places.rules.ts. */
function idsOf(places: readonly string[]): string[] {
  return [...new Set(places.map((place) => place.slice(place.indexOf(':') + 1)))].sort();
}

/** What an account lacks cannot be seen where its lists were not all read, for whatever reason. */
function unreadAccounts(bundles: Awaited<ReturnType<typeof readBundles>>): Reason[] {
  return bundles
    .filter(({ isRead }) => !isRead)
    .map(({ payment: { title, provider } }) => ({
      code: 'side-unreadable',
      detail: `Not all that the account of ${title} at ${provider} has was read in this run.`,
      title,
    }));
}

function findingsOf(look: Look, bundles: Awaited<ReturnType<typeof readBundles>>): Finding[] {
  return bundles.flatMap((bundle) => judgeMoney(bundle, look.now));
}

/** A place is `new:<id>` or `old:<id>`. A hot run has nothing that is new. */
function placeOf({ run }: Look, after: string | null): { phase: 'new' | 'old'; behind: string } {
  const [, phase, behind] = /^(new|old):(.*)$/.exec(after ?? '') ?? [];
  const first = run.kind === 'hot' ? 'old' : 'new';
  return { phase: phase === 'new' || phase === 'old' ? phase : first, behind: behind ?? '' };
}

function newIds({ read, run }: Look, after: string): Promise<string[]> {
  const from = run.since === null ? null : `pur_${smallestUuid(run.since)}`;
  return readIds(read.payments, { after, title: run.title, limit }, from);
}

/** What is not new, from several sources at once, each in the same order. */
async function oldIds(look: Look, after: string): Promise<string[]> {
  const { read, run } = look;
  const asked: PaymentsAsked = { after, title: run.title, limit };
  const told = run.kind === 'hot' ? null : readFrom(look);
  const since = run.kind === 'hot' ? null : run.since;
  const sources = await Promise.all([
    readOpen(read.main, asked),
    ...(since === null ? [] : [readClosedLate(read.main, asked, since)]),
    ...(told === null ? [] : [readTouched(read.main, asked, told)]),
    ...(told === null ? [] : [readRefunded(read.payments, asked, `rfd_${smallestUuid(told)}`)]),
  ]);
  const isNew = (id: string): boolean => since !== null && id >= `pur_${smallestUuid(since)}`;
  const ids = [...new Set(sources.flat())].filter((id) => !isNew(id)).sort();
  return ids.slice(0, limit);
}
