import { grace } from '../grace.rules.js';
import type { Check, Finding, Look, Part } from '../checks.types.js';
import { ofOrphan } from './money-places.rules.js';
import { findingOf } from './money.rules.js';
import { readDue, readUnknown, type DueRow, type UnknownRow } from './told.reads.js';

/** How many are a part. */
const limit = 1_000;

/** How long a provider knows a key by what it has answered. */
const keyMs = 24 * 3_600_000;

/** Looks for what providers have told, or ought to be asked, and nobody has looked at. */
export const toldCheck: Check = {
  name: 'told',
  kinds: ['hot', 'incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const asked = { after: after ?? '', places: null, title: look.run.title, limit };
    const rows = await readDue(look.read.payments, lateAt(look), asked);
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { findings: rows.map(overdue), looked: { due: rows.length }, next: last?.place ?? null };
  },

  async again(look: Look, places): Promise<Finding[]> {
    const asked = { after: '', places: [...new Set(places)], title: look.run.title, limit: places.length };
    return (await readDue(look.read.payments, lateAt(look), asked)).map(overdue);
  },
};

/** What is due since then or before is late. */
function lateAt({ now }: Look): Date {
  return new Date(now.getTime() - grace.dueMs);
}

function overdue({ place, title, provider, subject, what, asset, amount, dueAt }: DueRow): Finding {
  const about = { title, subject, account: `system:clearing:${provider}`, place };
  return findingOf(about, {
    type: 29,
    ...(asset !== null && { asset }),
    ...(amount !== null && { amount: BigInt(amount) }),
    detail: `The ${what} is due since ${dueAt.toISOString()}.`,
    since: dueAt,
    graceMs: grace.inboxMs,
  });
}

/** Looks for calls whose end nobody knows, and whose keys are known no more at their providers. */
export const operationsCheck: Check = {
  name: 'operations',
  kinds: ['hot', 'incremental', 'full', 'history'],

  async look(look, after): Promise<Part> {
    const asked = { after: after ?? '0', ids: null, title: look.run.title, limit };
    const rows = await readUnknown(look.read.payments, asked);
    const last = rows.length < limit ? undefined : rows.at(-1);
    return { findings: rows.map(unknown), looked: { operations: rows.length }, next: last?.id ?? null };
  },

  async again(look: Look, places): Promise<Finding[]> {
    const ids = [...new Set(places)].map((place) => place.replace(ofOrphan, ''));
    const asked = { after: '0', ids, title: look.run.title, limit: places.length };
    return (await readUnknown(look.read.payments, asked)).map(unknown);
  },
};

function unknown({ id, title, provider, subject, kind, seq, currency, amount, firstSentAt }: UnknownRow): Finding {
  const place = kind.startsWith('orphan-') ? `${ofOrphan}${id}` : id;
  const about = { title, subject, account: `system:clearing:${provider}`, place };
  return findingOf(about, {
    type: 28,
    asset: currency,
    amount: BigInt(amount),
    detail: `Nobody knows what has become of call ${seq} of ${kind}, sent first at ${firstSentAt.toISOString()}.`,
    since: firstSentAt,
    graceMs: keyMs,
  });
}
