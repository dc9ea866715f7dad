import { price } from '../driver/deck.js';
import { purchaseWays } from '../driver/orders.js';
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

async function send(apiUrl: string, apiKey: string, method: string, path: string, body?: object): Promise<void> {
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answers ${response.status} ${await response.text()}`);
}
