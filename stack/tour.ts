/**
 * The first steps with a demo title, as lines to paste into a shell: make an asset and an item, grant some of each,
 * trade, and buy a product. It says what it does by `echo`, because not every shell takes comments at its prompt. Each
 * request has a fixed idempotency key, so that lines pasted twice do nothing twice.
 * @param api the API's address
 * @param key a key of the title
 */
export function tourLines(api: string, key: string): string[] {
  const mint = { item: 'sword', owner: 'player:bob', reason: 'welcome' };
  const minted = request('POST', '/v1/item-instances', mint, 'tour-2');
  return [
    `API=${api} KEY=${key}`,
    `echo 'An asset and an item:'`,
    request('PUT', '/v1/assets/gold', { name: 'Gold', kind: 'currency' }),
    request('PUT', '/v1/items/sword', { name: 'Sword' }),
    `echo '1000 gold for alice, and a sword for bob:'`,
    request(
      'POST',
      '/v1/transfers',
      { legs: [{ from: 'system:mint', to: 'player:alice', asset: 'gold', amount: '1000' }], reason: 'welcome' },
      'tour-1',
    ),
    `SWORD=$(${minted} | sed -E 's/.*(ins_[0-9a-f-]+).*/\\1/'); echo $SWORD`,
    `echo 'alice buys the sword for 250 gold, and the answer waits for the saga:'`,
    request('POST', '/v1/trades', tourTrade('SWORD_HERE'), 'tour-3', 'Prefer: wait=10').replace(
      'SWORD_HERE',
      `'$SWORD'`,
    ),
    `echo 'The store sells two products. alice buys a crown, of which there will be a hundred:'`,
    request('GET', '/v1/products'),
    request('POST', '/v1/purchases', tourPurchase, 'tour-4', 'Prefer: wait=10'),
    `echo 'What is left of it, and of how many alice may buy:'`,
    request('GET', '/v1/products/crown/sales?player=alice'),
    `echo 'What they have now:'`,
    request('GET', '/v1/players/alice/balances'),
    request('GET', '/v1/players/bob/balances'),
    request('GET', '/v1/players/alice/item-instances'),
  ];
}

const tourPurchase = { player: 'alice', product: 'crown', pay: { asset: 'gold', amount: '400' } };

function tourTrade(sword: string): object {
  return {
    parties: [
      { player: 'alice', gives: { amounts: [{ asset: 'gold', amount: '250' }] } },
      { player: 'bob', gives: { items: [sword] } },
    ],
  };
}

function request(method: string, path: string, body?: object, idempotencyKey?: string, header?: string): string {
  // Some shells look for files where a question mark is not quoted.
  const address = path.includes('?') ? `"$API${path}"` : `$API${path}`;
  const parts = [`curl -sS -X ${method} ${address} -H "Authorization: Bearer $KEY"`];
  if (idempotencyKey !== undefined) parts.push(`-H 'Idempotency-Key: ${idempotencyKey}'`);
  if (header !== undefined) parts.push(`-H '${header}'`);
  if (body !== undefined) parts.push(`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`);
  // The answer ends without a line break, which a reader of several wants.
  if (idempotencyKey !== 'tour-2') parts.push(`-w '\\n'`);
  return parts.join(' ');
}
