import { playAccounts } from './play-accounts.js';
import { playReconciliation } from './play-reconciliation.js';
import { playRefunds, refundReads } from './refunds.js';
import { grantOf, tradeOf, type Foreign, type Script, type Style } from '../two-titles.js';

/** What titles do, and then every read. @returns ids of the other title, where there is one */
export async function play(script: Script): Promise<Foreign> {
  await script.begin();
  for (const [code, times] of Object.entries({ gold: 1, gems: 2 })) {
    await script.both('PUT', `/v1/assets/${code}`, ({ title }) => ({ name: `${code} of ${title}`, kind: 'currency' }));
    for (let time = 0; time < times; time++)
      await script.both('PUT', `/v1/assets/${code}`, ({ title }) => ({
        name: `${code} of ${title}`,
        kind: 'currency',
        tradeable: title === 'arena' || time > 0,
      }));
    await script.both(
      'PUT',
      `/v1/assets/${code}`,
      ({ title }) => ({ name: `${code} at ${title}`, kind: 'currency' }),
      undefined,
      { 'if-match': '"1"' },
    );
  }
  for (const code of ['sword', 'shield']) {
    await script.both('PUT', `/v1/items/${code}`, ({ title }) => ({ name: `${code} of ${title}` }));
    await script.both('PUT', `/v1/items/${code}`, ({ title }) => ({
      name: `${code} of ${title}`,
      tradeable: title === 'arena',
    }));
    await script.both('PUT', `/v1/items/${code}`, ({ title }) => ({ name: `${code} at ${title}` }), undefined, {
      'if-match': '"1"',
    });
  }
  await playSettings(script);
  await playCatalog(script);
  await playAccounts(script);
  for (const taken of [50, 10]) {
    const legs = (amount: string): object[] => [{ from: 'player:bob', to: 'system:store', asset: 'gold', amount }];
    const forced = { reason: 'chargeback', debit: { policy: 'debt' } };
    await script.both(
      'POST',
      '/v1/transfers',
      ({ amount }) => ({ legs: legs(amount(taken)), ...forced }),
      `force-${taken}`,
    );
  }
  const transfers = [];
  for (const [place, player] of ['alice', 'bob', 'alice'].entries()) {
    transfers.push(
      await script.both(
        'POST',
        '/v1/transfers',
        (style) => grantOf(player, style, 100 + place, 'quest'),
        `grant-${place}`,
      ),
    );
  }
  const [transfer] = transfers as [(typeof transfers)[0]];
  const reversed = (whose: 'own' | 'other'): string => `/v1/transfers/${transfer[whose]['id']}/reversal`;
  await script.both('POST', reversed, ({ title }) => ({ reason: `mistake of ${title}` }), 'reversal');
  const instances = [];
  for (const [place, owner] of ['alice', 'bob', 'alice'].entries()) {
    const body = ({ title }: { title: string }): unknown => ({
      item: 'sword',
      owner: `player:${owner}`,
      reason: `loot of ${title}`,
      properties: { of: title },
    });
    instances.push(await script.both('POST', '/v1/item-instances', body, `mint-${place}`));
  }
  const [instance, burned] = instances as [(typeof instances)[0], (typeof instances)[0]];
  await script.both(
    'POST',
    (whose) => `/v1/item-instances/${burned[whose]['id']}/burn`,
    ({ title }) => ({ reason: `used by ${title}` }),
    'burn',
  );
  const trades = [];
  for (const place of [0, 1, 2, 3]) {
    const [a, b] = place % 2 === 0 ? ['alice', 'bob'] : ['bob', 'alice'];
    trades.push(
      await script.both(
        'POST',
        '/v1/trades',
        (style) => tradeOf(a as string, b as string, style, 10 + place, 'market'),
        `trade-${place}`,
      ),
    );
  }
  const purchases = [];
  for (const place of [0, 1]) purchases.push(await script.both('POST', '/v1/purchases', orderOf, `purchase-${place}`));
  const [purchase, refunded] = purchases as [(typeof purchases)[0], (typeof purchases)[0]];
  for (let round = 0; round < 2; round++)
    await script.both('POST', (whose) => `/v1/purchases/${purchase[whose]['id']}/cancel`);
  const refund = await playRefunds(script, refunded);
  const [closed, stuck] = trades as [(typeof trades)[0], (typeof trades)[0]];
  await script.goOn(
    { own: closed.own['id'] ?? '', other: closed.other['id'] ?? '' },
    { own: stuck.own['id'] ?? '', other: stuck.other['id'] ?? '' },
  );
  // Every key again, of both at once.
  for (let round = 0; round < 3; round++) {
    await script.both('POST', '/v1/transfers', (style) => grantOf('alice', style, 100, 'quest'), 'grant-0');
    await script.both('POST', '/v1/trades', (style) => tradeOf('alice', 'bob', style, 12, 'market'), 'trade-2');
    await script.both('POST', '/v1/trades', (style) => tradeOf('alice', 'bob', style, 10, 'market'), 'trade-0');
    await script.both('POST', '/v1/purchases', orderOf, 'purchase-0');
  }
  await script.both('POST', reversed, ({ title }) => ({ reason: `mistake of ${title}` }), 'reversal');
  for (const act of ['retry', 'compensate', 'resolve', 'park', 'resume']) {
    await script.both(
      'POST',
      (whose) => `/v1/sagas/${closed[whose]['id']}/${act}`,
      () => ({ operator: 'olga', reason: 'It is night.' }),
    );
  }
  const key = await script.admin('POST', (title) => `/v1/titles/${title}/keys`, {
    name: 'some',
    scopes: ['trades:read'],
  });
  await script.admin('GET', (title, whose) => `/v1/titles/${title}/keys/${key[whose]['id']}`);
  await script.admin('GET', (title) => `/v1/titles/${title}/keys`);
  await script.admin('GET', (title) => `/v1/titles/${title}`);
  const reconciliation = await playReconciliation(script);
  const idsOf = (whose: 'own' | 'other'): Omit<Foreign, 'key'> => ({
    reconciliation: reconciliation[whose],
    transfer: transfer[whose]['id'] ?? '',
    instance: instance[whose]['id'] ?? '',
    trade: stuck[whose]['id'] ?? '',
    purchase: purchase[whose]['id'] ?? '',
    refunded: refunded[whose]['id'] ?? '',
    refund: refund[whose]['id'] ?? '',
  });
  await readAll(script, idsOf('own'));
  await script.admin('DELETE', (title, whose) => `/v1/titles/${title}/keys/${key[whose]['id']}`);
  await script.admin('GET', (title) => `/v1/titles/${title}/keys`);
  return { ...idsOf('other'), key: key.other['id'] ?? '' };
}

/** What alice buys, at the price of her title. */
function orderOf({ amount }: { amount: (of: number) => string }): unknown {
  return { player: 'alice', product: 'pack', pay: { asset: 'gems', amount: amount(3) }, reference: 'market' };
}

/** A product of each kind: a draft, one that is on sale with a draft beside it, and one that is withdrawn. */
async function playCatalog(script: Script): Promise<void> {
  const put = (code: string, name: string, headers?: Record<string, string>): Promise<unknown> =>
    script.both(
      'PUT',
      `/v1/products/${code}`,
      ({ title, amount }) => ({
        name: `${name} of ${title}`,
        content: { amounts: [{ asset: 'gold', amount: amount(5) }], items: [{ item: 'sword', count: 1 }] },
        prices: { virtual: [{ asset: 'gems', amount: amount(3) }], money: [{ currency: 'EUR', amount: amount(99) }] },
        limits: { perPlayer: 50, perPlayerAndDay: 40 },
      }),
      undefined,
      headers,
    );
  const act = (code: string, verb: string): Promise<unknown> => script.both('POST', `/v1/products/${code}/${verb}`);
  for (const code of ['pack', 'box', 'chest']) await put(code, 'First');
  for (const code of ['pack', 'pack', 'chest']) await act(code, 'publish');
  await put('pack', 'Second');
  await put('pack', 'Third', { 'if-match': '"1"' });
  for (const code of ['chest', 'chest', 'box']) await act(code, 'withdraw');
}

/** What is set of accounts of each title, also twice. */
async function playSettings(script: Script): Promise<void> {
  const put = (what: string, set: (style: Style) => object): Promise<unknown> =>
    script.both('PUT', `/v1/players/${what}`, (style) => ({
      ...set(style),
      operator: 'olga',
      reason: `reason of ${style.title}`,
    }));
  for (let times = 0; times < 2; times++) {
    await put('alice/balances/gold/debt-limit', ({ amount }) => ({ debtLimit: amount(30) }));
    await put('carol/balances/gold/state', () => ({ state: 'frozen' }));
  }
  await put('alice/balances/gold/debt-limit', ({ amount }) => ({ debtLimit: amount(2) }));
  await put('carol/balances/gold/state', ({ title }) => ({ state: title === 'arena' ? 'open' : 'closed' }));
}

/** Reads everything, by every filter and by several at once. */
async function readAll(script: Script, own: Omit<Foreign, 'key'>): Promise<void> {
  const ofRefunds = refundReads(own.refunded, own.refund);
  const single = [
    ...ofRefunds.single,
    '/v1/payment-accounts/stripe',
    '/v1/disputes/dp_ofBoth',
    '/v1/disputes',
    '/v1/assets/gold',
    '/v1/assets/gems',
    '/v1/items/sword',
    ...[
      'pack',
      'box',
      'chest',
      'pack/versions/1',
      'pack/versions/2',
      'box/versions/2',
      'pack/sales',
      'pack/sales?player=alice',
      'chest/sales',
    ].map((what) => `/v1/products/${what}`),
    `/v1/transfers/${own.transfer}`,
    `/v1/item-instances/${own.instance}`,
    `/v1/trades/${own.trade}`,
    `/v1/purchases/${own.purchase}`,
    `/v1/sagas/${own.trade}`,
    `/v1/sagas/${own.purchase}`,
  ];
  const players = ['alice', 'bob', 'carol'].flatMap((player) =>
    [
      'balances',
      'entries',
      'entries?asset=gold',
      'item-instances',
      'balances/gold/changes',
      'debts',
      'debts?state=open',
      'balances/gold/debt-payments',
    ].map((what) => `/v1/players/${player}/${what}`),
  );
  const lists = [
    ...ofRefunds.lists,
    ...['assets', 'items', 'products', 'transfers', 'trades', 'purchases', 'sagas', 'integrity'].map(
      (what) => `/v1/${what}`,
    ),
    '/v1/integrity?asset=gold',
    '/v1/integrity?item=sword',
    `/v1/item-instances/${own.instance}/movements`,
    ...['draft', 'published', 'withdrawn'].map((state) => `/v1/products?state=${state}`),
    '/v1/products/pack/versions',
    ...['reference=quest', 'player=alice', 'player=alice&reference=quest'].map((query) => `/v1/transfers?${query}`),
    ...[
      'player=alice',
      'player=bob&state=refused',
      'state=accepted',
      'reference=market',
      'player=bob&reference=market&state=accepted',
    ].map((query) => `/v1/trades?${query}`),
    ...['player=alice', 'player=bob', 'product=pack&state=accepted', 'reference=market'].map(
      (query) => `/v1/purchases?${query}`,
    ),
    ...[
      'state=running',
      'state=stuck',
      'state=ended',
      'kind=trade',
      'kind=purchase',
      'player=bob',
      'player=bob&state=stuck&kind=trade',
    ].map((query) => `/v1/sagas?${query}`),
  ];
  for (const path of [...single, ...players, ...lists]) await script.read(path);
  // Pages as well, each of which is asked for by its cursor.
  for (const list of lists) {
    for (let cursor = '', pages = 0; pages < 20; pages++) {
      const { body } = await script.read(`${list}${list.includes('?') ? '&' : '?'}limit=1`.concat(cursor));
      const { next } = body as { next: string | null };
      if (next === null) break;
      cursor = `&cursor=${next}`;
    }
  }
}
