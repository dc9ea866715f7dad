import type { Script } from '../two-titles.js';

/** Has both titles ask for a run, decide about cases of which there are none, and read all of it. */
export async function playReconciliation(script: Script): Promise<{ own: string; other: string }> {
  const ask = (): ReturnType<Script['both']> =>
    script.both('POST', '/v1/reconciliations', () => ({ kind: 'full' }), 'reconcile');
  const run = await ask();
  await ask();
  const decision = { operator: 'olga', decision: 'assign', reason: 'I see to it.', filter: { type: 7 } };
  await script.both('POST', '/v1/reconciliation-cases/decisions', () => decision);
  const id = { own: run.own['id'] ?? '', other: run.other['id'] ?? '' };
  await script.both('POST', (whose) => `/v1/reconciliations/${id[whose]}/verify`);
  for (const path of ['', '?kind=full', `/${id.own}`, `/${id.own}/breaks`, `/${id.own}/breaks.csv`])
    await script.read(`/v1/reconciliations${path}`);
  for (const path of ['', '?state=open', '/cas_0198c0de-7a11-7000-8000-000000000001'])
    await script.read(`/v1/reconciliation-cases${path}`);
  return id;
}
