import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDemoStore } from './demo-store.js';
import { StartError } from './say.js';
import { keepSecret } from './settings.js';

/**
 * A title to try things with, and its key. It sells two products. Made at the first start and kept; made anew where the
 * key no longer works, because the databases are others.
 * @param api the API's address
 * @param folder the data folder, which keeps the key in `demo-title.json`
 */
export async function demoTitle(api: string, adminKey: string, folder: string): Promise<{ id: string; key: string }> {
  const file = join(folder, 'demo-title.json');
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { id: string; key: string };
    const { status } = await fetch(`${api}/v1/assets?limit=1`, { headers: { authorization: `Bearer ${kept.key}` } });
    if (status !== 401) return kept;
  }
  const first = await makeTitle(api, adminKey, 'demo');
  // The name may be taken by a demo title whose key went with another data folder.
  const made = first ?? (await makeTitle(api, adminKey, `demo-${randomUUID().slice(0, 8)}`));
  if (made === undefined) throw new StartError('The API refuses to make a demo title.');
  await openDemoStore(api, made.key);
  keepSecret(file, `${JSON.stringify(made)}\n`);
  return made;
}

/** @returns undefined where there is such a title */
async function makeTitle(api: string, adminKey: string, id: string): Promise<{ id: string; key: string } | undefined> {
  const answer = await fetch(`${api}/v1/titles`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${adminKey}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ id, name: 'Demo' }),
  });
  const body = (await answer.json()) as { key: string; detail?: string };
  if (answer.status === 409) return undefined;
  if (answer.status !== 201)
    throw new StartError(
      `The API refuses to make a demo title (${answer.status}): ${body.detail ?? 'no reason given'}`,
    );
  return { id, key: body.key };
}
