import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A fact as the view `facts` of a boundary has it. */
export interface Told {
  title: string;
  type: string;
  subject: string;
  data: unknown;
}

/** Every type of fact, by the text that makes it in the code. */
export const types: Record<string, string[]> = {
  'title.created': ['title.created'],
  'key.created': ['key.created'],
  'key.revoked': ['key.revoked'],
  'account.changed': ['account.changed'],
  'debt.${kind}': ['debt.made', 'debt.paid'],
  'asset.created': ['asset.created'],
  'asset.updated': ['asset.updated'],
  'transfer.posted': ['transfer.posted'],
  'item.created': ['item.created'],
  'item.updated': ['item.updated'],
  'instance.${verbs[kind]}': ['minted', 'held', 'moved', 'released', 'burned'].map((verb) => `instance.${verb}`),
  'product.drafted': ['product.drafted'],
  'product.published': ['product.published'],
  'product.withdrawn': ['product.withdrawn'],
  'payment-account.created': ['payment-account.created'],
  'payment-account.updated': ['payment-account.updated'],
  'payment.captured': ['payment.captured'],
  'payment.cancelled': ['payment.cancelled'],
  'payment.returned': ['payment.returned'],
  'payment.refunded-outside': ['payment.refunded-outside'],
  'payment.outside-refund-failed': ['payment.outside-refund-failed'],
  'payment.fraud-warned': ['payment.fraud-warned'],
  ...Object.fromEntries(
    ['inquired', 'opened', 'closed', 'prevented', 'lost', 'appealed', 'won', 'withdrawn', 'reinstated'].map((verb) => [
      `dispute.${verb}`,
      [`dispute.${verb}`],
    ]),
  ),
  'break.found': ['break.found'],
  'break.cleared': ['break.cleared'],
  'break.decided': ['break.decided'],
  'reconciliation.finished': ['reconciliation.finished'],
  'orphan.captured': ['orphan.captured'],
  'orphan.returned': ['orphan.returned'],
  '${kind}.accepted': ['trade.accepted'],
  "${kind}.' || state": ['trade.settled', 'trade.refused', 'trade.compensated'],
  'saga.${change}': ['freed', 'stuck', 'compensating', 'parked', 'ended', 'operated', 'answered'].map(
    (change) => `saga.${change}`,
  ),
};

/** The texts in the code that make a type of fact, each once and in order. */
export function textsInCode(): string[] {
  const src = fileURLToPath(new URL('../../src', import.meta.url));
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/\.(test|migrations)\.ts$|migrations\//.test(file),
  );
  const telling = files
    .map((file) => readFileSync(join(src, file), 'utf8'))
    .filter((text) => /events\/outbox\.js|factOf/.test(text));
  const found = telling.flatMap((text) =>
    [...text.matchAll(/['`]((?:[a-z-]{2,}|\$\{kind\})\.(?:[a-z-]+(?=['`])|\$\{[^}]+\}|' \|\| \w+))/g)].map(
      ([, type = '']) => type,
    ),
  );
  return [...new Set(found)].sort();
}

/** A fact of the title of the tests. */
export const fact = (type: string, subject: string, data: unknown): Told => ({ title: 'arena', type, subject, data });

/** A leg of gold, as it is told. */
export const leg = (from: string, to: string, amount: string): unknown => ({ from, to, asset: 'gold', amount });
