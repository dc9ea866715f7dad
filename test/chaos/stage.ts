import { draftOf, edition, products } from './products.js';
import { Known } from './requests.js';
import { currency, secretKeyOf } from './money.js';
import type { Sender } from './sender.js';
import { adminKey, type System } from './system.js';

/** The titles have the same players, codes, keys and references. */
export const titles = ['chaos', 'chaos-too'] as const;

/** A title with its keys, what its clients know, and what those of the other title know. */
export interface Side {
  title: string;
  key: string;
  readOnly: string;
  known: Known;
  other: Known;
}

/** Makes the titles, what is traded in them, what they sell, and their accounts at the provider of payments. */
export async function setStage(sender: Sender, system: System): Promise<Side[]> {
  const knowns = [new Known(), new Known()] as const;
  const admin = { authorization: `Bearer ${adminKey}` };
  const sides: Side[] = [];
  for (const [index, title] of titles.entries()) {
    const made = await sender.send('POST', '/v1/titles', { id: title, name: title }, admin, 0);
    const reader = { name: 'reader', scopes: ['transfers:read', 'players:read'] };
    const keyMade = await sender.send('POST', `/v1/titles/${title}/keys`, reader, admin, 0);
    const side = {
      title,
      key: String(made.body['key']),
      readOnly: String(keyMade.body['key']),
      known: knowns[index] as Known,
      other: knowns[1 - index] as Known,
    };
    await define(sender, side);
    await openAccount(sender, side, system, index);
    sides.push(side);
  }
  return sides;
}

export function headersOf({ key }: Side): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

/** The title has an account at the provider, which sends its events to one of the APIs. */
async function openAccount(sender: Sender, side: Side, { provider, apis }: System, index: number): Promise<void> {
  const { title } = side;
  const url = `${apis[index % apis.length]?.url}/v1/webhooks/stripe/${title}`;
  const account = {
    secretKey: secretKeyOf(title),
    webhookSecrets: [await provider.sendEvents(title, url)],
    settlementCurrency: currency,
    spentGoods: 'debt',
  };
  const answer = await sender.send('PUT', '/v1/payment-accounts/stripe', account, headersOf(side), 0);
  if (answer.status >= 300) throw new Error(`The account of ${title}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

async function define(sender: Sender, side: Side): Promise<void> {
  const send = async (method: 'PUT' | 'POST', path: string, body?: object): Promise<void> => {
    const answer = await sender.send(method, `/v1/${path}`, body, headersOf(side), 0);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  };
  await send('PUT', 'assets/gold', { name: 'Gold', kind: 'currency' });
  await send('PUT', 'assets/gems', { name: 'Gems', kind: 'currency', maxBalance: '1000' });
  await send('PUT', 'assets/points', { name: 'Points', kind: 'stackable', tradeable: false });
  await send('PUT', 'items/sword', { name: 'Sword' });
  await send('PUT', 'items/crown', { name: 'Crown', tradeable: false });
  await send('PUT', `items/${edition.item}`, { name: 'Seal', limit: edition.limit });
  for (const product of products) {
    await send('PUT', `products/${product.code}`, draftOf(product));
    await send('POST', `products/${product.code}/publish`);
    if (product.notSold === 'withdrawn') await send('POST', `products/${product.code}/withdraw`);
  }
}
