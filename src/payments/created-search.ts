import type { OpenAccount } from './provider-accounts.js';
import type { ProviderCalls } from './provider-calls.js';
import type { CallFailure, CreatedPage, CreatedWindow, Evidence, ProviderIntent } from './provider.types.js';

/** What was found of all that was created. Where it is not complete, nothing is proved by what is missing. */
export interface CreatedFound {
  complete: boolean;
  intents: ProviderIntent[];
  evidence: Evidence;
}

/** Looks through all that an account has created within a time. Each page is a call as any other. */
export function searchCreated(
  calls: ProviderCalls,
  account: OpenAccount,
  window: CreatedWindow,
  patient: boolean,
): Promise<CreatedFound> {
  return lookThrough(async (after) => {
    const [page] = await calls.makeAll<CreatedPage>(
      account,
      [{ name: 'search', make: (at, options) => at.listCreated(window, after, options) }],
      patient,
    );
    if (page === undefined) throw new Error(`${window.purchase}: a page of its search was not asked for.`);
    return page;
  });
}

/** Looks through a list page by page. A page that cannot be had, or one that was there before, breaks it off. */
export async function lookThrough(
  pageAfter: (after: string | undefined) => Promise<CreatedPage | (CallFailure & { evidence: Evidence })>,
): Promise<CreatedFound> {
  const intents: ProviderIntent[] = [];
  const cursors = new Set<string>();
  let seen = 0;
  for (let after: string | undefined; ;) {
    const page = await pageAfter(after);
    if (page.result === 'created') {
      intents.push(...page.intents);
      seen += page.seen;
    }
    const next = page.result === 'created' ? page.next : null;
    const complete = page.result === 'created' && next === null;
    if (next === null || cursors.has(next)) {
      const evidence = { ...page.evidence, complete, pages: cursors.size + 1, seen, own: intents.length };
      return { complete, intents, evidence };
    }
    cursors.add(next);
    after = next;
  }
}
