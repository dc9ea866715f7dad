import type { Effects } from '../../simulator/provider.js';
import { until, type Answer, type Api } from '../processes.js';
import type { MoneySystem } from './system.js';

/** The calls that a purchase is made of, by the paths of the provider. */
const calls = {
  create: ['POST', '/v1/payment_intents'],
  confirm: ['POST', '/v1/payment_intents/*/confirm'],
  capture: ['POST', '/v1/payment_intents/*/capture'],
  cancel: ['POST', '/v1/payment_intents/*/cancel'],
  look: ['GET', '/v1/payment_intents/*'],
  search: ['GET', '/v1/payment_intents'],
  refund: ['POST', '/v1/refunds'],
} as const;
export type CallName = keyof typeof calls;

/** An order. What is not said is a pack for the buyer, paid by a card that is good. */
export interface Order {
  player?: string;
  product?: string;
  key?: string;
  amount?: string;
  /** Null where the buyer pays in a page of their own. */
  method?: string | null;
}

/** What is asked of a refund. */
export interface RefundOrder {
  amount?: string;
  key?: string;
  spentGoods?: 'debt' | 'freeze' | 'absorb';
  restock?: boolean;
}

/** A refund in a list. */
type ListedRefund = { reason?: { code: string } } & Record<'state' | 'amount', string> & { reverses?: string };

/** What a product of every shop costs. */
const price = '499';

/** A title of its own: its products, its account at the provider, and what its buyers do. */
export class Shop {
  readonly secretKey: string;
  private webhookSecret = '';
  private orders = 0;

  constructor(
    readonly api: Api,
    readonly title: string,
    readonly system: MoneySystem,
  ) {
    this.secretKey = system.provider.newKey();
  }

  async open(): Promise<void> {
    const { api, system } = this;
    await api.must(201, api.send('PUT', '/v1/assets/gem', { name: 'Gem', kind: 'currency', maxBalance: '100' }));
    await api.must(201, api.send('PUT', '/v1/items/sword', { name: 'Sword', limit: 100 }));
    await this.sell('pack', 100);
    const endpoint = await system.provider.client(this.secretKey).webhookEndpoints.create({
      url: `${system.main.url}/v1/webhooks/stripe/${this.title}`,
      enabled_events: ['*'],
    });
    this.webhookSecret = endpoint.secret ?? '';
    await this.putAccount();
  }

  /** @param secretKey another one than that of the shop. @param webhookSecrets others than that of its endpoint */
  async putAccount(secretKey = this.secretKey, webhookSecrets = [this.webhookSecret]): Promise<void> {
    const body = { secretKey, webhookSecrets, settlementCurrency: 'EUR', spentGoods: 'debt' };
    const { status } = await this.api.send('PUT', '/v1/payment-accounts/stripe', body);
    if (status !== 200 && status !== 201) throw new Error(`The account of ${this.title} was not put: ${status}`);
  }

  /** Has the endpoint's secret be the second of two. */
  rotateWebhookSecret(): Promise<void> {
    return this.putAccount(this.secretKey, ['whsec_TheNewOneThatNobodySignsWith', this.webhookSecret]);
  }

  /** Puts 50 gems and a sword on sale. */
  async sell(code: string, stock: number): Promise<void> {
    const body = {
      name: code,
      content: { amounts: [{ asset: 'gem', amount: '50' }], items: [{ item: 'sword', count: 1 }] },
      prices: { money: [{ currency: 'EUR', amount: price }] },
      stock,
    };
    await this.api.must(201, this.api.send('PUT', `/v1/products/${code}`, body));
    await this.api.must(200, this.api.send('POST', `/v1/products/${code}/publish`));
  }

  /** Sends an order, whatever it is answered. */
  order({ player = 'buyer', product = 'pack', key, amount = price, method = 'pm_card_visa' }: Order = {}) {
    const pay = { currency: 'EUR', amount, provider: 'stripe', ...(method !== null && { method }) };
    return this.api.post('/v1/purchases', key ?? `order-${++this.orders}`, { player, product, pay });
  }

  /** Sends an order that is accepted. @returns the id of the purchase */
  async buy(order: Order = {}): Promise<string> {
    return (await this.api.must(202, this.order(order)))['id'] as string;
  }

  /** Has the calls of this shop meet a fault, by default once. */
  fault(call: CallName | 'any', fault: string, more: { ms?: number; status?: number; times?: number } = {}) {
    const on = call === 'any' ? {} : { method: calls[call][0], path: calls[call][1] };
    return this.system.provider.fault({ on, fault, account: this.secretKey, times: 1, ...more });
  }

  /** Has the calls of this shop meet a fault until `mend`. */
  faultForEver(
    call: CallName | 'any',
    fault: string,
    more: { ms?: number; status?: number; every?: number } = {},
  ): Promise<void> {
    const on = call === 'any' ? {} : { method: calls[call][0], path: calls[call][1] };
    return this.system.provider.fault({ on, fault, account: this.secretKey, ...more });
  }

  async mend(): Promise<void> {
    await this.system.provider.control('DELETE', 'faults', { account: this.secretKey });
  }

  /** Has the provider send the events of this shop otherwise, where it sends any. */
  async events(mode: 'duplicate' | 'reorder' | 'delay' | 'forge', more: { kind?: 'thin'; ms?: number } = {}) {
    if (this.system.webhooks === 'off') return;
    await this.system.provider.control('POST', 'webhooks', { mode, account: this.secretKey, ...more });
  }

  /** How many events of this shop were believed. */
  async eventsStored(): Promise<number> {
    const { rows } = await this.system.sql.query<{ count: number }>(
      'select count(*)::int as count from payments.inbox where title = $1',
      [this.title],
    );
    return rows[0]?.count ?? 0;
  }

  effects(): Promise<Effects> {
    return this.system.provider.effects({ account: this.secretKey });
  }

  /** Waits until the provider has done something. */
  async untilDone(effect: string, times = 1): Promise<void> {
    await until(`${this.title}: ${effect}`, async () => {
      const { calls: made } = await this.effects();
      return made.filter((one) => one.effect === effect).length >= times;
    });
  }

  purchase(id: string): Promise<Record<string, unknown>> {
    return this.api.must(200, this.api.send('GET', `/v1/purchases/${id}`));
  }

  async untilState(id: string, ...states: string[]): Promise<Record<string, unknown>> {
    let purchase: Record<string, unknown> = {};
    await until(
      `${this.title}: ${id} is ${states.join(' or ')}`,
      async () => {
        purchase = await this.purchase(id);
        return states.includes(purchase['state'] as string);
      },
      150_000,
    );
    return purchase;
  }

  /** Waits until the buyer can pay in their page. */
  async untilBuyer(id: string): Promise<void> {
    const { payment } = await this.untilState(id, 'requires_action');
    if (typeof (payment as { clientSecret?: string }).clientSecret !== 'string')
      throw new Error(`${id} waits for a buyer who has nothing to pay with.`);
  }

  buyerConfirms(id: string): Promise<unknown> {
    return this.system.provider.act('buyer-confirms', id);
  }

  /** The buyer pays the intent of a purchase by a method that is captured at once. */
  async payAtOnce(id: string): Promise<void> {
    const { intents } = await this.system.provider.effects({ reference: id });
    const { paymentIntents } = this.system.provider.client(this.secretKey);
    for (const { reference } of intents) await paymentIntents.confirm(reference, { payment_method: 'pm_ideal' });
  }

  /** Asks for a refund, whatever it is answered. Its amount is all that is left by default. */
  refund(id: string, { amount, key, ...more }: RefundOrder = {}): Promise<Answer> {
    const body = { reason: 'The buyer asks for it.', ...(amount !== undefined && { amount }), ...more };
    return this.api.post(`/v1/purchases/${id}/refunds`, key ?? `refund-${++this.orders}`, body);
  }

  /** Asks for a refund that is accepted. @returns its id */
  async giveBack(id: string, order: RefundOrder = {}): Promise<string> {
    return (await this.api.must(202, this.refund(id, order)))['id'] as string;
  }

  async refunds(): Promise<ListedRefund[]> {
    const { data } = await this.api.must(200, this.api.send('GET', '/v1/refunds?limit=100'));
    return data as ListedRefund[];
  }

  /** Has money move at the provider without our asking. @param reference a purchase or a dispute. @returns its id */
  async moves(act: string, reference: string, amount?: string): Promise<string> {
    const { id } = await this.system.provider.act<{ id: string }>(act, reference, amount);
    // A walk is due once a minute, and so is what one has found.
    if (this.system.webhooks === 'off')
      for (const table of ['outside_walks', 'outside_looks'])
        await this.system.sql.query(`update payments.${table} set due_at = now() where title = $1`, [this.title]);
    return id;
  }

  async untilRefund(id: string, ...states: string[]): Promise<Record<string, unknown>> {
    let refund: Record<string, unknown> = {};
    await until(
      `${this.title}: ${id} is ${states.join(' or ')}`,
      async () => {
        refund = await this.api.must(200, this.api.send('GET', `/v1/refunds/${id}`));
        return states.includes(refund['state'] as string);
      },
      150_000,
    );
    return refund;
  }

  /** The sword of a purchase is given to another player. */
  async giveSwordAway(id: string): Promise<void> {
    const { content } = (await this.purchase(id)) as { content: { items: { instances: string[] }[] } };
    const body = {
      parties: [
        { player: 'buyer', gives: { amounts: [], items: content.items.flatMap(({ instances }) => instances) } },
        { player: 'friend', gives: { amounts: [], items: [] } },
      ],
    };
    const trade = await this.api.must(202, this.api.post('/v1/trades', `trade-${++this.orders}`, body));
    await until(`${this.title}: the sword is given away`, async () => {
      const { state } = await this.api.must(200, this.api.send('GET', `/v1/trades/${trade['id'] as string}`));
      return state === 'settled';
    });
  }

  cancel(id: string): Promise<Answer> {
    return this.api.send('POST', `/v1/purchases/${id}/cancel`);
  }

  /** Has an operator act on a saga, as soon as it takes that. */
  async operate(id: string, act: 'compensate' | 'retry' | 'resolve'): Promise<void> {
    const body = { operator: 'olga', reason: 'The case is clear.' };
    let last: Answer | undefined;
    await until(`${this.title}: ${act} of ${id} is taken, not ${JSON.stringify(last?.body)}`, async () => {
      last = await this.api.send('POST', `/v1/sagas/${id}/${act}`, body);
      return last.status === 200;
    });
  }

  /** Waits until all that was captured for a purchase that is over is given back, here and at the provider. */
  async untilGivenBack(id: string): Promise<void> {
    await until(
      `${this.title}: ${id} is given back`,
      async () => {
        const { rows } = await this.system.sql.query<{ done: boolean }>(
          `select exists (select from ledger.transfers where reference = $1 and reason = 'late-refund') as done`,
          [id],
        );
        return rows[0]?.done === true;
      },
      200_000,
    );
  }

  async untilDeadline(id: string): Promise<void> {
    await until(`${this.title}: the deadline is over`, async () => {
      const { rows } = await this.system.sql.query<{ over: boolean }>(
        `select clock_timestamp() > deadline as over from payments.payments where id = $1`,
        [id],
      );
      return rows[0]?.over === true;
    });
  }

  /** What was asked of the provider, for the message of a case that fails. */
  async story(): Promise<string> {
    const { rows } = await this.system.sql.query<{ text: string }>(
      `select p.id || ' ' || p.state || ' of ' || p.created_at || ': ' || coalesce(string_agg(
         concat_ws(' ', o.kind, o.seq, o.state, o.attempts, o.first_sent_at, o.changed_at, o.evidence), E'\n  '
         order by o.id), 'nothing') as text
       from payments.payments p left join payments.operations o on o.payment = p.id where p.title = $1 group by p.id`,
      [this.title],
    );
    return rows.map(({ text }) => text).join('\n');
  }

  /** Has the ledger refuse what is granted in this shop. @returns what cures it */
  refuseGrants(): Promise<() => Promise<unknown>> {
    return this.system.refuse(this.title, 'insert on ledger.outcomes', 'posted');
  }

  /** Has the inventory refuse what is minted in this shop. @returns what cures it */
  refuseMints(): Promise<() => Promise<unknown>> {
    return this.system.refuse(this.title, 'update on inventory.holds', 'moved');
  }
}
