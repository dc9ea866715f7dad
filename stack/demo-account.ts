import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './say.js';
import { keepSecret } from './settings.js';

/** The demo title at the simulator. An account there is whatever key is used first. */
const simulatorKey = 'sk_test_veltrix_demo';

/** A webhook endpoint at the simulator, with the secret that it was shown once. */
interface Endpoint {
  id: string;
  url: string;
  secret: string;
}

/** Whose account it is, and where the API is. */
export interface DemoAccountOptions {
  api: string;
  title: { id: string; key: string };
  folder: string;
}

/**
 * Gives the demo title an account at the simulator, which tells the API of its events. Asked again, it changes nothing.
 */
export async function useSimulator({ api, title, folder }: DemoAccountOptions, simulator: string): Promise<void> {
  const url = `${api}/v1/webhooks/stripe/${title.id}`;
  const { secret } = await endpointFor(url, simulator, join(folder, 'simulator-webhook.json'));
  await put(api, title.key, { secretKey: simulatorKey, webhookSecrets: [secret] });
}

/**
 * Gives the demo title an account at the provider itself. Nobody there can reach this machine, so no events come, and
 * payments are asked after. An account that has the key already is left as it is, with the webhook secrets that
 * somebody may have given it.
 */
export async function useStripe({ api, title }: DemoAccountOptions, secretKey: string): Promise<void> {
  const headers = { authorization: `Bearer ${title.key}` };
  const answer = await fetch(`${api}/v1/payment-accounts/stripe`, { headers });
  const { secretKey: shown } = (await answer.json()) as { secretKey?: string };
  if (answer.ok && shown === `…${secretKey.slice(-4)}`) return;
  await put(api, title.key, { secretKey, webhookSecrets: [] });
}

/** The endpoint in a file; it is made anew where the API has another address now, or the simulator other books. */
async function endpointFor(url: string, simulator: string, file: string): Promise<Endpoint> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Endpoint) : undefined;
  if (kept !== undefined) {
    const { status } = await call(simulator, kept.url === url ? 'GET' : 'DELETE', `/v1/webhook_endpoints/${kept.id}`);
    if (kept.url === url && status === 200) return kept;
  }
  const form = new URLSearchParams({ url, 'enabled_events[]': '*' });
  const { status, body } = await call(simulator, 'POST', '/v1/webhook_endpoints', form);
  if (status !== 200) throw new StartError(`The simulator refuses to send events to ${url} (${status}).`);
  const { id, secret } = body as unknown as Endpoint;
  const made = { id, url, secret };
  keepSecret(file, `${JSON.stringify(made)}\n`);
  return made;
}

async function call(
  simulator: string,
  method: string,
  path: string,
  body?: URLSearchParams,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${simulator}${path}`, {
    method,
    headers: { authorization: `Bearer ${simulatorKey}` },
    ...(body && { body }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function put(api: string, key: string, secrets: object): Promise<void> {
  const answer = await fetch(`${api}/v1/payment-accounts/stripe`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...secrets, settlementCurrency: 'EUR', spentGoods: 'debt' }),
  });
  if (!answer.ok)
    throw new StartError(
      `The API refuses a payment account to the demo title (${answer.status}): ${await answer.text()}`,
    );
}
