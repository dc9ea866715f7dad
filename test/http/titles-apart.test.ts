import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newId } from '../../src/ids.js';
import { InventoryService } from '../../src/inventory/inventory.service.js';
import { LedgerService } from '../../src/ledger/ledger.service.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { TRADES_SERVICE } from '../../src/trades/trades.tokens.js';
import type { Parties, TradeTerms } from '../../src/trades/trades.types.js';
import { adminKey, expectProblem, openApi, rowCounts, type Api } from './api.js';
import { listsOf, operationFor, operationsOf, type Operation } from './document.js';
import { play } from './apart/play.js';
import { Script, type Foreign } from './two-titles.js';

/** Whatever is answered here is answered without Temporal. */
const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

describe('two titles that have the same players, codes, keys and references', () => {
  let alone: Script;
  let beside: Script;
  let foreign: Foreign;
  let operations: Operation[];
  const apis: Api[] = [];
  beforeAll(async () => {
    apis.push(await openApi({ env }), await openApi({ env }));
    [alone, beside] = [new Script(apis[0] as Api, false), new Script(apis[1] as Api, true)];
    await play(alone);
    foreign = await play(beside);
    operations = await operationsOf(beside.api);
  });
  afterAll(async () => {
    for (const api of apis) await api.close();
  });

  /** A request as it is compared: cursors differ, and their place in the transcript does not. */
  const shown = (script: Script) =>
    script.said.map(({ request, ...rest }) => ({ request: request.replace(/cursor=.*/, 'cursor'), ...rest }));

  test('are answered as each would be without the other, by every route', () => {
    expect(alone.said.length).toBeGreaterThan(100);
    expect(alone.said.filter(({ status }) => status >= 500).map(({ request }) => request)).toEqual([]);
    expect(shown(beside)).toEqual(shown(alone));
  });

  test('are answered as the OpenAPI document says, body and header', () => {
    expect(beside.undescribed).toEqual([]);
  });

  test('have had every route asked that the document has, but for those that make and list titles themselves', () => {
    const asked = new Set(beside.requests.map(({ method, path }) => operationFor(operations, method, path)?.name));
    const apart = new Set(['GET /health/live', 'GET /health/ready', 'POST /v1/titles', 'GET /v1/titles']);
    // Schedules are of all titles, and are Temporal's.
    const unasked = operations.map(({ name }) => name).filter((name) => !asked.has(name) && !apart.has(name));
    expect(unasked.filter((name) => !name.includes('/v1/reconciliation-schedules'))).toEqual([]);
  });

  /** The path of an operation with the ids of the other title in it; undefined where it names nothing by an id. */
  function foreignPath({ path }: Operation): string | undefined {
    const kinds: [prefix: string, id: string][] = [
      ['/v1/transfers/', foreign.transfer],
      ['/v1/item-instances/', foreign.instance],
      ['/v1/trades/', foreign.trade],
      ['/v1/purchases/{id}/refunds', foreign.refunded],
      ['/v1/purchases/', foreign.purchase],
      ['/v1/refunds/', foreign.refund],
      ['/v1/sagas/', foreign.trade],
      ['/v1/disputes/', 'dp_of_bazaar'],
      ['/v1/reconciliations/', foreign.reconciliation],
      ['/v1/reconciliation-cases/', 'cas_0198c0de-7a11-7000-8000-000000000002'],
    ];
    if (path.includes('{key}')) return path.replace('{title}', 'arena').replace('{key}', foreign.key);
    if (!path.includes('{id}')) return undefined;
    const kind = kinds.find(([prefix]) => path.startsWith(prefix));
    if (kind === undefined) throw new Error(`There is no sample of another title for ${path}.`);
    return path.replace('{id}', kind[1]);
  }

  test('find nothing under an id of the other, and change nothing of it', async () => {
    const bodies: Record<string, unknown> = {
      reversal: { reason: 'theirs' },
      burn: { reason: 'theirs' },
      refunds: { reason: 'theirs' },
    };
    const before = await rowCounts(beside.api.session);
    let asked = 0;
    for (const operation of operations) {
      const path = foreignPath(operation);
      if (path === undefined) continue;
      const body =
        operation.method === 'POST' && !/\/(cancel|verify)$/.test(path)
          ? (bodies[path.split('/').at(-1) ?? ''] ?? { operator: 'olga', reason: 'theirs' })
          : undefined;
      const key = path.startsWith('/v1/titles') ? adminKey : beside.ownKey;
      const answer = await beside.api.send(operation.method, path, {
        key,
        ...(body !== undefined && { body, headers: { 'idempotency-key': `theirs-${++asked}` } }),
      });
      expect([operation.name, answer.status]).toEqual([operation.name, 404]);
      expectProblem(answer, 404, 'not-found');
    }
    expect(asked).toBeGreaterThan(4);
    expect(await rowCounts(beside.api.session)).toEqual(before);
  });

  test('cannot go on in a list of the other', async () => {
    const samples: Record<string, string> = {
      '{player}': 'alice',
      '{asset}': 'gold',
      '{code}': 'pack',
    };
    let refused = 0;
    for (const list of listsOf(operations).filter(({ path }) => !path.startsWith('/v1/titles'))) {
      const [, ofPath] = Object.entries({ purchases: foreign.refunded, reconciliations: foreign.reconciliation }).find(
        ([name]) => list.path.startsWith(`/v1/${name}/`),
      ) ?? ['', foreign.instance];
      const path = list.path.replace(/\{\w+\}/g, (name) => ({ ...samples, '{id}': ofPath })[name] ?? name);
      const { body } = await beside.api.send('GET', `${path}?limit=1`, { key: beside.otherKey });
      const { next } = body as { next: string | null };
      if (next === null) continue;
      refused += 1;
      expectProblem(
        await beside.api.send('GET', `${path}?limit=1&cursor=${next}`, { key: beside.ownKey }),
        400,
        'cursor-invalid',
      );
    }
    expect(refused).toBeGreaterThan(6);
  });
});

describe('one call for two titles with the same keys', () => {
  let api: Api;
  const titles = ['arena', 'bazaar'];
  beforeAll(async () => {
    api = await openApi({ env });
    for (const title of titles) {
      const key = await api.makeTitle(title);
      await api.send('PUT', '/v1/assets/gold', { key, body: { name: 'Gold', kind: 'currency' } });
      if (title === 'arena') await api.send('PUT', '/v1/items/sword', { key, body: { name: 'Sword' } });
      await api.send('PUT', '/v1/items/shield', { key, body: { name: 'Shield' } });
    }
  });
  afterAll(() => api.close());

  test('accepts a trade of each, and answers each its own when it is asked again', async () => {
    const service = api.app.get<DealsService<TradeTerms>>(TRADES_SERVICE, { strict: false });
    for (const expected of ['accepted', 'replayed']) {
      const outcomes = await service.accept(
        titles.map((title) => {
          const parties: Parties = [
            { player: `a-${title}`, gives: { amounts: [], items: [] } },
            { player: 'b', gives: { amounts: [], items: [] } },
          ];
          return {
            id: newId('trd'),
            title,
            key: 'same',
            fingerprint: Buffer.from(title),
            parties,
            reference: null,
            workflowId: null,
          };
        }),
      );
      const seen = outcomes.map((outcome) => [
        outcome.outcome,
        'deal' in outcome && outcome.deal.title,
        'deal' in outcome && outcome.deal.parties[0].player,
      ]);
      expect(seen).toEqual(titles.map((title) => [expected, title, `a-${title}`]));
    }
  });

  test('books a transfer of each, and answers each its own when it is asked again', async () => {
    const service = api.app.get(LedgerService, { strict: false });
    for (const replayed of [false, true]) {
      const results = await service.transferInFull(
        titles.map((title, place) => {
          const legs = [{ from: 'system:mint', to: 'player:a', asset: 'gold', amount: BigInt(place + 1) }];
          return {
            title,
            key: 'transfers/same',
            kind: 'transfer' as const,
            reason: 'x',
            fingerprint: Buffer.from(title),
            legs,
          };
        }),
      );
      const seen = results.map((result) => [
        result.outcome,
        'replayed' in result && result.replayed,
        'balances' in result && result.balances[1]?.posted,
      ]);
      expect(seen).toEqual(titles.map((_, place) => ['posted', replayed, BigInt(place + 1)]));
    }
  });

  test('mints an instance for each, and answers each its own when it is asked again', async () => {
    const service = api.app.get(InventoryService, { strict: false });
    for (const replayed of [false, true]) {
      const outcomes = await service.mint(
        titles.map((title) => ({
          title,
          key: 'same',
          fingerprint: title,
          id: newId('ins'),
          item: 'shield',
          owner: `player:${title}`,
          reason: 'x',
        })),
      );
      const seen = outcomes.map((outcome) => [
        outcome.outcome,
        outcome.replayed,
        'instance' in outcome && outcome.instance.owner,
      ]);
      expect(seen).toEqual(titles.map((title) => ['done', replayed, `player:${title}`]));
    }
  });

  test('knows of an item which title has defined it', async () => {
    const service = api.app.get(InventoryService, { strict: false });
    const outcomes = await service.mint(
      titles.map((title) => ({
        title,
        key: 'sword',
        fingerprint: title,
        id: newId('ins'),
        item: 'sword',
        owner: 'player:a',
        reason: 'x',
      })),
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'refused']);
  });

  test('burns an instance of each, and never one of the other', async () => {
    const service = api.app.get(InventoryService, { strict: false });
    const ids = titles.map(() => newId('ins'));
    await service.mint(
      titles.map((title, place) => ({
        title,
        key: `to-burn`,
        fingerprint: title,
        id: ids[place] ?? '',
        item: 'shield',
        owner: 'player:a',
        reason: 'x',
      })),
    );
    const burn = (order: readonly (string | undefined)[]) =>
      service.burn(
        titles.map((title, place) => ({
          title,
          key: `burn-${order[0]}`,
          fingerprint: title,
          instance: order[place] ?? '',
          reason: 'x',
        })),
      );
    expect((await burn(ids.toReversed())).map((outcome) => 'cause' in outcome && outcome.cause.code)).toEqual([
      'not-found',
      'not-found',
    ]);
    expect(
      (await burn(ids)).map((outcome) => 'instance' in outcome && [outcome.instance.id, outcome.instance.state]),
    ).toEqual(ids.map((id) => [id, 'burned']));
  });
});
