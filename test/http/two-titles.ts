import { SagasService } from '../../src/sagas/sagas.service.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { PURCHASES_SERVICE } from '../../src/purchases/purchases.tokens.js';
import { TRADES_SERVICE } from '../../src/trades/trades.tokens.js';
import type { TradeTerms } from '../../src/trades/trades.types.js';
import { noteOf } from '../sagas/samples.js';
import { adminKey, type Answer, type Api } from './api.js';
import { Described } from './described.js';

/*
 * What a title does and reads, with another title beside it or without. The other one has the same players, codes,
 * idempotency keys and references, and sends what it sends at the same moment, so that requests of both are of one
 * call to PostgreSQL. The amounts and names of the two differ.
 */

/** One request of the title, and what it was answered, without what differs from run to run. */
export interface Said {
  request: string;
  status: number;
  etag: string | null;
  replayed: string | null;
  body: unknown;
}

/** Something of the other title that the title must not reach, by the kind of its id. */
export interface Foreign {
  transfer: string;
  instance: string;
  trade: string;
  purchase: string;
  refunded: string;
  refund: string;
  reconciliation: string;
  key: string;
}

interface Options {
  body?: unknown;
  key?: string;
  headers?: Record<string, string>;
}

/** What the bodies of a title have in them, so that those of the other differ. */
export interface Style {
  title: string;
  amount: (of: number) => string;
}

const own: Style = { title: 'arena', amount: (of) => String(of) };
const others: Style = { title: 'bazaar', amount: (of) => String(of * 7) };

/** Plays the script of one title, with or without the other. */
export class Script {
  readonly said: Said[] = [];
  readonly requests: { method: string; path: string }[] = [];
  /** What the title was answered and the OpenAPI document does not say. */
  readonly undescribed: string[] = [];
  private described: Described | undefined;
  private readonly tokens = new Map<string, string>();
  /** The keys of the titles. The third title keeps lanes busy, so that the requests of the two others wait together. */
  private keys: { own: string; other: string | undefined; third: string } = { own: '', other: undefined, third: '' };
  private plugs = 0;

  constructor(
    readonly api: Api,
    private readonly beside: boolean,
  ) {}

  /** Makes the titles. The keys that they are answered are not compared. */
  async begin(): Promise<void> {
    const third = await this.api.makeTitle('circus');
    await this.api.send('PUT', '/v1/assets/gold', { key: third, body: { name: 'Gold', kind: 'currency' } });
    this.keys = {
      third,
      own: await this.api.makeTitle(own.title),
      other: this.beside ? await this.api.makeTitle(others.title) : undefined,
    };
  }

  get ownKey(): string {
    return this.keys.own;
  }

  get otherKey(): string {
    return this.keys.other ?? '';
  }

  /** Has both titles send the same, each in its own style. @returns the bodies that they were answered */
  async both(
    method: string,
    path: string | ((whose: 'own' | 'other') => string),
    body?: (style: Style) => unknown,
    key?: string,
    headers?: Record<string, string>,
  ): Promise<{ own: Record<string, string>; other: Record<string, string> }> {
    const pathOf = typeof path === 'string' ? () => path : path;
    const options = (style: Style): Options => ({
      ...(body && { body: body(style) }),
      ...(key !== undefined && { key }),
      ...(headers && { headers }),
    });
    const batched = method === 'POST' && /^\/v1\/(trades|transfers)$/.test(pathOf('own'));
    const plugs = batched ? [this.plug(pathOf('own')), this.plug(pathOf('own'))] : [];
    const other =
      this.keys.other === undefined ? undefined : this.send(this.keys.other, method, pathOf('other'), options(others));
    // What the other has defined stands before, so that whoever asks without a title finds it.
    if (method === 'PUT') await other;
    const answer = await this.send(this.keys.own, method, pathOf('own'), options(own));
    const [theirs] = await Promise.all([other, ...plugs]);
    this.note(`${method} ${pathOf('own')} ${key ?? ''}`, answer);
    this.requests.push({ method, path: pathOf('own') });
    return {
      own: (answer.body ?? {}) as Record<string, string>,
      other: (theirs?.body ?? {}) as Record<string, string>,
    };
  }

  /** Has the title read something, or the administrator something of the title. */
  async read(path: string, as = this.keys.own): Promise<Answer> {
    const answer = await this.send(as, 'GET', path, {});
    this.note(`GET ${path}`, answer);
    this.requests.push({ method: 'GET', path });
    return answer;
  }

  /** Has the administrator do something about both titles. @returns the bodies */
  async admin(
    method: string,
    path: (title: string, whose: 'own' | 'other') => string,
    body?: unknown,
  ): Promise<{ own: Record<string, string>; other: Record<string, string> }> {
    const options = body === undefined ? {} : { body };
    const theirs = this.beside ? await this.send(adminKey, method, path(others.title, 'other'), options) : undefined;
    const answer = await this.send(adminKey, method, path(own.title, 'own'), options);
    const { key: secret, ...rest } = (answer.body ?? {}) as Record<string, string>;
    this.note(`${method} ${path(own.title, 'own')}`, { ...answer, body: rest });
    this.requests.push({ method, path: path(own.title, 'own') });
    void secret;
    return { own: rest, other: (theirs?.body ?? {}) as Record<string, string> };
  }

  /** Completes a purchase of each, as their runs would. */
  async complete(purchase: { own: string; other: string }): Promise<void> {
    const purchases = this.api.app.get<DealsService<unknown>>(PURCHASES_SERVICE, { strict: false });
    const ids = this.beside ? [purchase.own, purchase.other] : [purchase.own];
    await purchases.close(ids.map((id) => ({ id, state: 'settled' as const })));
  }

  /** Closes a trade of each, as their runs would, and has a run of each tell of another one. */
  async goOn(closed: { own: string; other: string }, stuck: { own: string; other: string }): Promise<void> {
    const trades = this.api.app.get<DealsService<TradeTerms>>(TRADES_SERVICE, { strict: false });
    const sagas = this.api.app.get(SagasService, { strict: false });
    for (const [style, whose] of [
      [others, 'other'],
      [own, 'own'],
    ] as const) {
      if (whose === 'other' && !this.beside) continue;
      await trades.close([
        {
          id: closed[whose],
          state: 'refused',
          cause: { code: 'insufficient-funds', detail: `${style.title} has too little` },
        },
      ]);
      const subjects = [{ id: stuck[whose], title: style.title, kind: 'trade' as const, players: ['alice', 'bob'] }];
      const stands = {
        step: 'inventoryMove',
        description: 'move',
        since: '2026-01-01T00:00:00.000Z',
        why: `The items of ${style.title} cannot be reached.`,
      };
      await sagas.note(noteOf(stuck[whose], { runId: `run-${stuck[whose]}`, subjects, stuckAt: stands }));
    }
  }

  private async send(
    key: string,
    method: string,
    path: string,
    { body, key: idempotencyKey, headers }: Options,
  ): Promise<Answer> {
    const answer = await this.api.send(method, path, {
      key,
      headers: { ...headers, ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
      ...(body !== undefined && { body }),
    });
    this.described ??= await Described.of(this.api);
    this.undescribed.push(...this.described.faults(method, path.replace(/\?.*/, ''), answer));
    return answer;
  }

  private plug(path: string): Promise<Answer> {
    const key = `plug-${++this.plugs}`;
    const body =
      path === '/v1/trades'
        ? tradeOf('p', 'q', { title: 'circus', amount: String }, 1)
        : grantOf('p', { title: 'circus', amount: String }, 1);
    return this.send(this.keys.third, 'POST', path, { key, body });
  }

  private note(request: string, { status, headers, body }: Answer): void {
    const etag = headers.get('etag');
    const text = JSON.stringify(body ?? null)
      .replace(/"next":"[^"]+"/g, '"next":"a cursor"')
      // A run may be that of a convoy, whose name depends on who came first.
      .replace(/(convoy|trade|purchase|refund)(\/|%2F)(trd|pur|rfd)_[0-9a-f-]{36}/g, 'a run')
      .replace(/"lastUsedAt":(null|"[^"]*")/g, '"lastUsedAt":"now and then"')
      .replace(/"sequence":\d+/g, '"sequence":"a number"')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, 'a time');
    const replayed = headers.get('idempotency-replayed');
    this.said.push({
      request: this.tokenized(request),
      status,
      etag,
      replayed,
      body: JSON.parse(this.tokenized(text)) as unknown,
    });
  }

  /** Ids by the order in which the title has met them. One of the other title has none of its tokens. */
  private tokenized(text: string): string {
    return text.replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (uuid) => {
      const token = this.tokens.get(uuid) ?? `id ${this.tokens.size + 1}`;
      this.tokens.set(uuid, token);
      return token;
    });
  }
}

export function grantOf(player: string, { title, amount }: Style, of: number, reference?: string): unknown {
  const legs = [{ from: 'system:mint', to: `player:${player}`, asset: 'gold', amount: amount(of) }];
  return { legs, reason: `grant of ${title}`, ...(reference !== undefined && { reference }) };
}

export function tradeOf(a: string, b: string, { amount }: Style, of: number, reference?: string): unknown {
  const parties = [
    { player: a, gives: { amounts: [{ asset: 'gold', amount: amount(of) }] } },
    { player: b, gives: {} },
  ];
  return { parties, ...(reference !== undefined && { reference }) };
}
