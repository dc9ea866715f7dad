import { price } from '../driver/deck.js';
import { purchaseWays } from '../driver/orders.js';
import { packCurrency, packGems, packName, packPrice, packs } from '../driver/pack.js';
import { productName, products } from '../driver/purchase.way.js';

/** More of a product than anybody buys in a benchmark. */
const stock = 1_000_000_000;

/** Puts the products on sale that are bought, each with a stock, which its purchases count. */
export async function openStore(apiUrl: string, apiKey: string): Promise<void> {
  for (const way of purchaseWays) {
    const content =
      way === 'minted' ? { items: [{ item: 'sword', count: 1 }] } : { amounts: [{ asset: 'gem', amount: '5' }] };
    const prices = { virtual: [{ asset: 'gold', amount: String(price) }] };
    for (let n = 0; n < (way === 'one-product' ? 1 : products); n++) {
      const path = `/v1/products/${productName(way, n)}`;
      await send(apiUrl, apiKey, 'PUT', path, { name: way, content, prices, stock });
      await send(apiUrl, apiKey, 'POST', `${path}/publish`);
    }
  }
}

/** Puts the packs on sale that are bought in real money. */
export async function openMoneyStore(apiUrl: string, apiKey: string): Promise<void> {
  const content = { amounts: [{ asset: 'gem', amount: String(packGems) }], items: [{ item: 'sword', count: 1 }] };
  const prices = { money: [{ currency: packCurrency, amount: String(packPrice) }] };
  for (let n = 0; n < packs; n++) {
    const path = `/v1/products/${packName(n)}`;
    await send(apiUrl, apiKey, 'PUT', path, { name: 'pack', content, prices, stock });
    await send(apiUrl, apiKey, 'POST', `${path}/publish`);
  }
}

/** Sends what the API is to accept. @throws Error where it does not */
export async function send(apiUrl: string, apiKey: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answers ${response.status} ${await response.text()}`);
}
