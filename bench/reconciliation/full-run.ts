import { randomUUID } from 'node:crypto';
import { readResident } from '../system/cpu.js';
import type { System } from '../system/system.js';

/** What one full run has come to. */
export interface FullRun {
  milliseconds: number;
  verdict: string;
  /** What was looked at, by check. */
  looked: Record<string, Record<string, number>>;
  /** Bytes that the worker has resident when the run is asked for, and at most until it has ended. */
  memory: { first: number; most: number };
}

interface Story {
  id: string;
  state: string;
  verdict?: string;
  looked?: FullRun['looked'];
}

const everyMs = 100;

/** Asks for a full run of all titles, as an operator would, and waits for its end. */
export async function makeFullRun({ api, pids }: Pick<System, 'api' | 'pids'>): Promise<FullRun> {
  const ask = async (path: string, init: RequestInit = {}): Promise<Story> => {
    const response = await fetch(`${api.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${api.adminKey}`, ...init.headers },
    });
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Story;
  };
  const first = readResident(pids.worker);
  let most = first;
  const begun = performance.now();
  const { id } = await ask('/v1/reconciliations', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ kind: 'full' }),
  });
  for (;;) {
    const { state, verdict = 'none', looked = {} } = await ask(`/v1/reconciliations/${id}`);
    most = Math.max(most, readResident(pids.worker));
    if (state === 'finished')
      return { milliseconds: performance.now() - begun, verdict, looked, memory: { first, most } };
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
