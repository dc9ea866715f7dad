import { setTimeout as sleep } from 'node:timers/promises';
import { adminKey, type System } from './system.js';

/** How long a run may take, and how many runs there are at most: what one repairs the next one verifies. */
const [runMs, mostRuns] = [120_000, 3];

interface Told {
  state: string;
  verdict?: string;
  reasons: { code: string; detail: string }[];
  counts: Record<string, number>;
  repairs: { type: number; state: string }[];
}

interface Found {
  type: number;
  becomes?: number;
  priority: string;
  subject: string;
  detail: string;
}

/**
 * Has the system reconcile itself in full, as it is left by all that has struck it.
 * @returns what it has found, each in a sentence; nothing where all agrees, or differs within its time
 */
export async function reconciled({ apis: [api] }: System): Promise<string[]> {
  if (api === undefined) throw new Error('There is no API.');
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${api.url}/v1/reconciliations${path}`, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body && { 'content-type': 'application/json', 'idempotency-key': `chaos-${performance.now()}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`The reconciliation is answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  for (let runs = 1; ; runs++) {
    const { id } = await ask<{ id: string }>('POST', '', { kind: 'full' });
    const until = performance.now() + runMs;
    let run = await ask<Told>('GET', `/${id}`);
    for (; run.state !== 'finished' && performance.now() < until; run = await ask<Told>('GET', `/${id}`))
      await sleep(250);
    const { data } = await ask<{ data: Found[] }>('GET', `/${id}/breaks?limit=100`);
    const counts = Object.entries(run.counts).map(([type, count]) => `${count} of type ${type}`);
    console.log(
      `reconciliation ${runs}: ${run.verdict ?? run.state}` +
        `${counts.length > 0 ? `, ${counts.join(', ')}` : ''}; ${run.repairs.length} repairs`,
    );
    if (run.verdict === 'RECONCILED' || run.verdict === 'RECONCILED_WITH_PENDING') return [];
    if (runs < mostRuns) {
      await sleep(10_000);
      continue;
    }
    return [
      ...run.reasons.map(({ code, detail }) => `reconciliation could not read everything: ${code}: ${detail}`),
      ...data
        .filter(({ type }) => type !== 34)
        .map(({ type, subject, detail }) => `reconciliation has found type ${type}, ${subject}: ${detail}`),
    ];
  }
}
