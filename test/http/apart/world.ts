import { expect } from '@jest/globals';
import type { Closing } from '../../../contracts/answers.js';
import type { DealsService } from '../../../src/exchanges/deals.service.js';
import { PURCHASES_SERVICE } from '../../../src/purchases/purchases.tokens.js';
import { REFUNDS_SERVICE } from '../../../src/refunds/refunds.tokens.js';
import type { Parties } from '../../../src/trades/trades.types.js';
import { TRADES_SERVICE } from '../../../src/trades/trades.tokens.js';
import { adminKey, type Answer, type Api } from '../api.js';
import type { Json } from '../document.js';

/** A deal as the test has made it. */
export interface MadeDeal {
  id: string;
  kind: 'trade' | 'purchase' | 'refund';
  players: string[];
  state: string;
  reference: string | undefined;
}

/** A purchase as the test has made it. */
export interface MadePurchase extends MadeDeal {
  product: string;
  quantity: number;
  pay: { asset: string; amount: string };
  /** Whether some of its refunds are always open. */
  refunding?: boolean;
}

/** A refund as the test has made it. */
export interface MadeRefund extends MadeDeal {
  purchase: string;
  /** What it was found by at the provider. */
  found: string | undefined;
}

/** A deal that has a saga in the list. */
export interface MadeSaga {
  id: string;
  kind: string;
  state: string;
  dealState: string;
  players: string[];
}

/** A product as the test has made it: the names of its versions, and what of it is on sale. */
export interface MadeProduct {
  code: string;
  versions: string[];
  state: 'draft' | 'published' | 'withdrawn';
}

/** An item instance as the test has made it. */
export interface MadeInstance {
  id: string;
  item: string;
  owner: string;
  state: 'owned' | 'held' | 'burned';
  /** In the order in which they happened. */
  movements: { kind: string; from: string | null; to: string | null; cause: string }[];
}

/** A transfer as it was answered, without the balances. */
export interface MadeTransfer {
  id: string;
  legs: { from: string; to: string; asset: string; amount: string }[];
  reference?: string;
  createdAt: string;
}

/** A change of what an account is set to, as its list must show it. */
export interface MadeSetting {
  player: string;
  asset: string;
  change: { setting: string; from: string; to: string; operator: string; reason: string };
}

/** All titles of the installation, in the order in which they were made. */
export class Installation {
  readonly titles: string[] = [];

  constructor(readonly api: Api) {}

  /** Makes a title, and answers a client with its first key and what there is of it. */
  async makeWorld(title: string, factor: number): Promise<World> {
    const key = await this.api.makeTitle(title);
    this.titles.push(title);
    return new World(this, title, key, factor);
  }
}

/**
 * What a test has made in a title, as a model of what its lists must show. Everything is in the order of its making.
 */
export class World {
  readonly keys: string[] = ['first key'];
  readonly assets: string[] = [];
  readonly items: string[] = [];
  readonly products: MadeProduct[] = [];
  readonly transfers: MadeTransfer[] = [];
  readonly settings: MadeSetting[] = [];
  readonly instances: MadeInstance[] = [];
  readonly trades: MadeDeal[] = [];
  readonly purchases: MadePurchase[] = [];
  readonly refunds: MadeRefund[] = [];
  readonly sagas: MadeSaga[] = [];
  private made = 0;

  /** @param factor what its amounts are multiplied by, so that no amount is that of another title */
  constructor(
    readonly installation: Installation,
    readonly title: string,
    readonly key: string,
    readonly factor: number,
  ) {}

  get api(): Api {
    return this.installation.api;
  }

  /** A name that the next world gives in the same place: keys are the same in all titles. */
  nextKey(): string {
    this.made += 1;
    return `key-${this.made}`;
  }

  send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.api.send(method, path, {
      key: path.startsWith('/v1/titles') ? adminKey : this.key,
      headers,
      ...(body !== undefined && { body }),
    });
  }

  /** Sends what must succeed, with the next key, and answers the body. */
  async must<T = Json>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body, method === 'POST' ? { 'idempotency-key': this.nextKey() } : {});
    expect({ path, body: answer.body, done: answer.status >= 200 && answer.status < 300 }).toMatchObject({
      done: true,
    });
    return answer.body as T;
  }

  service<T>(type: abstract new (...parameters: never[]) => T): T {
    return this.api.app.get<T>(type, { strict: false });
  }

  amount(of: number): string {
    return String(of * this.factor);
  }

  async define(kind: 'assets' | 'items', code: string): Promise<void> {
    await this.must('PUT', `/v1/${kind}/${code}`, {
      name: `${code} of ${this.title}`,
      ...(kind === 'assets' && { kind: 'currency' }),
    });
    this[kind].push(code);
  }

  /** Makes a product with so many versions, all of which were on sale but for the one of a draft. */
  async product(code: string, state: MadeProduct['state'], versions = 1): Promise<void> {
    const made: MadeProduct = { code, versions: [], state };
    for (let version = 1; version <= versions; version++) {
      if (version > 1) await this.must('POST', `/v1/products/${code}/publish`);
      made.versions.push(await this.draft(code, version));
    }
    if (state !== 'draft') await this.must('POST', `/v1/products/${code}/publish`);
    if (state === 'withdrawn') await this.must('POST', `/v1/products/${code}/withdraw`);
    this.products.push(made);
  }

  /** Writes the draft of a product. @returns its name */
  async draft(code: string, version: number): Promise<string> {
    const name = `${code} ${version} of ${this.title}`;
    await this.must('PUT', `/v1/products/${code}`, {
      name,
      content: { amounts: [{ asset: 'gold', amount: this.amount(version) }] },
      prices: { virtual: [{ asset: 'gem', amount: this.amount(version) }] },
    });
    return name;
  }

  async makeApiKey(name: string): Promise<string> {
    const { id } = await this.must<{ id: string }>('POST', `/v1/titles/${this.title}/keys`, {
      name,
      scopes: ['trades:read'],
    });
    this.keys.push(name);
    return id;
  }

  /** @param legs each `from to asset amount` */
  async transfer(legs: readonly string[], reference?: string): Promise<string> {
    const sent = {
      legs: legs.map((leg) => {
        const [from, to, asset, of] = leg.split(' ');
        return { from, to, asset, amount: this.amount(Number(of)) };
      }),
      reason: `reason of ${this.title}`,
      ...(reference !== undefined && { reference }),
    };
    const { balances: _, ...transfer } = await this.must<MadeTransfer & { balances: unknown }>(
      'POST',
      '/v1/transfers',
      sent,
    );
    expect(transfer).toMatchObject({ ...sent, kind: 'transfer' });
    this.transfers.push(transfer);
    return transfer.id;
  }

  /** Takes an amount from a player, whatever they have. */
  async force(player: string, asset: string, of: number): Promise<void> {
    const legs = [{ from: `player:${player}`, to: 'system:store', asset, amount: this.amount(of) }];
    const sent = { legs, reason: `reason of ${this.title}`, debit: { policy: 'debt' } };
    const { balances: _, ...made } = await this.must<MadeTransfer & { balances: unknown }>(
      'POST',
      '/v1/transfers',
      sent,
    );
    this.transfers.push(made);
  }

  /** Sets how far below zero an account may go, to another limit than it has. */
  async setDebtLimit(player: string, asset: string, of: number): Promise<void> {
    const before = this.settings.findLast((one) => one.player === player && one.asset === asset);
    const [to, operated] = [this.amount(of), { operator: 'olga', reason: `reason of ${this.title}` }];
    await this.must('PUT', `/v1/players/${player}/balances/${asset}/debt-limit`, { debtLimit: to, ...operated });
    const change = { setting: 'debtLimit', from: before?.change.to ?? '0', to, ...operated };
    this.settings.push({ player, asset, change });
  }

  async mint(item: string, owner: string): Promise<MadeInstance> {
    const sent = { item, owner, properties: { of: this.title }, reason: `reason of ${this.title}` };
    const { id } = await this.must<{ id: string }>('POST', '/v1/item-instances', sent);
    const instance: MadeInstance = {
      id,
      item,
      owner,
      state: 'owned',
      movements: [{ kind: 'mint', from: null, to: owner, cause: sent.reason }],
    };
    this.instances.push(instance);
    return instance;
  }

  /** Makes a trade of gold for nothing, which stays open until `end`. */
  async trade(a: string, b: string, reference?: string): Promise<MadeDeal> {
    const parties: Parties = [
      { player: a, gives: { amounts: [{ asset: 'gold', amount: this.amount(5) }], items: [] } },
      { player: b, gives: { amounts: [], items: [] } },
    ];
    const { id } = await this.must<{ id: string }>('POST', '/v1/trades', {
      parties,
      ...(reference !== undefined && { reference }),
    });
    const trade: MadeDeal = { id, kind: 'trade', players: [a, b], state: 'accepted', reference };
    this.trades.push(trade);
    return trade;
  }

  /** Makes a purchase of a product of one version, which stays open until `end`. */
  async purchase(player: string, product: string, quantity = 1, reference?: string): Promise<MadePurchase> {
    const pay = { asset: 'gem', amount: this.amount(quantity) };
    const { id } = await this.must<{ id: string }>('POST', '/v1/purchases', {
      player,
      product,
      quantity,
      pay,
      ...(reference !== undefined && { reference }),
    });
    const made = { id, kind: 'purchase' as const, players: [player], state: 'accepted', reference };
    const purchase: MadePurchase = { ...made, product, quantity, pay };
    this.purchases.push(purchase);
    return purchase;
  }

  /** Brings an open deal into another state, as its saga would. */
  async end(deal: MadeDeal, state: string): Promise<void> {
    const token = { trade: TRADES_SERVICE, purchase: PURCHASES_SERVICE, refund: REFUNDS_SERVICE }[deal.kind];
    const deals = this.installation.api.app.get<DealsService<never>>(token, { strict: false });
    if (state === 'stuck') await deals.mark([deal.id], 'stuck');
    else if (state !== 'accepted') await deals.close([closing(deal.id, state, this.title)]);
    deal.state = state;
  }
}

function closing(id: string, state: string, title: string): Closing {
  if (state === 'settled' || state === 'completed' || state === 'succeeded') return { id, state: 'settled' };
  if (state === 'failed' || state === 'canceled')
    return { id, state: 'compensated', cause: { code: `refund-${state}`, detail: `cause of ${title}` } };
  if (state === 'refused' || state === 'compensated')
    return { id, state, cause: { code: 'insufficient-funds', detail: `cause of ${title}` } };
  throw new Error(`A deal is never closed as ${state}.`);
}
