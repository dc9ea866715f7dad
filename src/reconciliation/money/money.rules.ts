import type { Finding } from '../checks.types.js';
import { judgeAuthorisations } from './authorisations.rules.js';
import { judgeCaptures } from './captures.rules.js';
import { judgeDisputes } from './disputes.rules.js';
import { judgeFees } from './fees.rules.js';
import type { Found, MoneyBundle } from './money-bundle.types.js';
import { judgePostings } from './postings.rules.js';
import { judgeRefunds } from './refunds.rules.js';

/** What a finding is about where it does not say otherwise. */
export interface About {
  title: string;
  subject: string;
  account: string;
  place: string;
}

/** A finding of what was found: a break from the end of its grace on. */
export function findingOf(about: About, { graceMs, since, ...found }: Found): Finding {
  return { ...about, ...found, since, ...(graceMs > 0 && { breaksAt: new Date(since.getTime() + graceMs) }) };
}

/** All that is wrong with a purchase in real money. */
export function judgeMoney(bundle: MoneyBundle, now: Date): Finding[] {
  const { id, title, provider } = bundle.payment;
  const about = { title, subject: id, account: `system:clearing:${provider}`, place: id };
  return [
    ...judgeCaptures(bundle),
    ...judgeAuthorisations(bundle, now),
    ...judgeRefunds(bundle),
    ...judgeDisputes(bundle),
    ...judgeFees(bundle),
    ...judgePostings(bundle),
  ].map((found) => findingOf(about, found));
}
