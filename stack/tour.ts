/**
 * The first steps with a demo title, as lines to paste into a shell: make an asset and an item, grant some of each,
 * trade, buy products, also in real money where the provider is the simulator, and have one refunded. It says what it
 * does by `echo`, because not every shell takes comments at its prompt. Each request has a fixed idempotency key, so
 * that lines pasted twice do nothing twice.
 * @param api the API's address
 * @param key a key of the title
 * @param control the address of the simulator's control, where there is one
 */
export function tourLines(api: string, key: string, control?: string): string[] {
  const mint = { item: 'sword', owner: 'player:bob', reason: 'welcome' };
  const crown = request('POST', '/v1/purchases', tourPurchase, 'tour-4', 'Prefer: wait=10');
  const minted = request('POST', '/v1/item-instances', mint, 'tour-2');
  return [
    `API=${api} KEY=${key}${control === undefined ? '' : ` CONTROL=${control}`}`,
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
    `CROWN=$(${crown} | sed -E 's/.*(pur_[0-9a-f-]+).*/\\1/'); echo $CROWN`,
    request('GET', '/v1/purchases/$CROWN'),
    `echo 'What is left of it, and of how many alice may buy:'`,
    request('GET', '/v1/products/crown/sales?player=alice'),
    `echo 'She has misclicked. The store takes the crown back and gives her the gold back:'`,
    request('POST', '/v1/purchases/$CROWN/refunds', { reason: 'misclicked' }, 'tour-7', 'Prefer: wait=10'),
    request('GET', '/v1/purchases/$CROWN'),
    ...(control === undefined ? [] : moneyLines()),
    `echo 'What they have now:'`,
    request('GET', '/v1/players/alice/balances'),
    request('GET', '/v1/players/bob/balances'),
    request('GET', '/v1/players/alice/item-instances'),
  ];
}

/** One purchase in real money whose method is known, and one that the buyer pays in a page of theirs. */
function moneyLines(): string[] {
  const pay = { currency: 'EUR', amount: '499', provider: 'stripe' };
  const byCard = { player: 'alice', product: 'starter-pack', pay: { ...pay, method: 'pm_card_visa' } };
  const inPage = request('POST', '/v1/purchases', { ...byCard, pay }, 'tour-6', 'Prefer: wait=10');
  return [
    `echo 'alice buys a starter pack for 4.99 EUR with a card. No money moves: the provider is the simulator:'`,
    request('POST', '/v1/purchases', byCard, 'tour-5', 'Prefer: wait=10'),
    `echo 'Another one she pays in a page, which needs its clientSecret:'`,
    `PURCHASE=$(${inPage} | sed -E 's/.*(pur_[0-9a-f-]+).*/\\1/'); echo $PURCHASE`,
    request('GET', '/v1/purchases/$PURCHASE'),
    `echo 'The simulator is the page. Soon after she has paid, the purchase is completed:'`,
    `curl -sS $CONTROL/_control/acts -H 'Content-Type: application/json' -o /dev/null -w '%{http_code}\\n' ` +
      `-d '{"act":"buyer-confirms","reference":"'$PURCHASE'"}'`,
    'sleep 5',
    request('GET', '/v1/purchases/$PURCHASE'),
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
