import { createHash } from 'node:crypto';
import { newId } from '../../src/ids.js';
import { playerName } from '../driver/deck.js';
import { openServices } from './services.js';

/** The title whose players trade. */
export const title = 'bench';

/** More gold than anybody can spend in a benchmark, in minor units. */
export const gold = 1_000_000_000_000n;

const itemsPerPlayer = 3;
/** The hot player gives about as many items as they get, and may do so in any order. */
const itemsOfHotPlayer = 1_000;
const atOnce = 1_000;

/** Makes the title through the API, as its owner would. @returns its key */
export async function makeTitle(apiUrl: string, adminKey: string): Promise<string> {
  const response = await fetch(`${apiUrl}/v1/titles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id: title, name: 'Benchmark' }),
  });
  if (!response.ok) throw new Error(`The title could not be made: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}

/** Who owns the items in the beginning, one entry for each item. */
export function firstOwners(players: number): string[] {
  const each = Array.from({ length: players * itemsPerPlayer }, (_, n) => playerName(n % players));
  return [...each, ...Array.from({ length: itemsOfHotPlayer }, () => playerName(0))];
}

/** Gives every player gold and items, by the services, which take long lists. */
export async function makeWorld(databaseUrl: string, players: number): Promise<void> {
  const services = await openServices(databaseUrl);
  try {
    await services.assets.put({ title, code: 'gold', name: 'Gold', kind: 'currency', scale: 0, tradeable: true });
    await services.assets.put({ title, code: 'gem', name: 'Gem', kind: 'currency', scale: 0, tradeable: true });
    await services.items.put({ title, code: 'sword', name: 'Sword', tradeable: true, limit: null, retired: false });
    for (const some of lists(Array.from({ length: players }, (_, n) => n))) {
      const grants = some.map((n) => ({
        title,
        key: `transfers/grant-${n}`,
        kind: 'transfer' as const,
        legs: [{ from: 'system:mint', to: `player:${playerName(n)}`, asset: 'gold', amount: gold }],
        reason: 'benchmark',
        fingerprint: fingerprint(`grant ${n}`),
      }));
      for (const { outcome } of await services.ledger.transfer(grants))
        if (outcome !== 'posted') throw new Error(`A grant came to ${outcome}.`);
    }
    for (const some of lists([...firstOwners(players).entries()])) {
      const mints = some.map(([n, owner]) => ({
        title,
        key: `mint-${n}`,
        fingerprint: fingerprint(`mint ${n}`).toString('hex'),
        id: newId('ins'),
        item: 'sword',
        owner: `player:${owner}`,
        reason: 'benchmark',
      }));
      for (const { outcome } of await services.inventory.mint(mints))
        if (outcome !== 'done') throw new Error(`A mint came to ${outcome}.`);
    }
  } finally {
    await services.close();
  }
}

function fingerprint(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function lists<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / atOnce) }, (_, index) =>
    all.slice(index * atOnce, (index + 1) * atOnce),
  );
}
