import { expect } from '@jest/globals';
import type { z } from 'zod';
import type { SagaNote } from '../../contracts/sagas.js';
import type { DealsService } from '../../src/exchanges/deals.service.js';
import { newId } from '../../src/ids.js';
import { sagaPage, type saga } from '../../src/sagas/sagas.shapes.js';
import { SagasService } from '../../src/sagas/sagas.service.js';
import { TRADES_SERVICE } from '../../src/trades/trades.tokens.js';
import type { Parties, TradeTerms } from '../../src/trades/trades.types.js';
import { openApi, type Answer, type Api } from '../http/api.js';

type Element = z.infer<typeof saga>;

/** An API without Temporal, and trades that are accepted, told of and closed as if their runs did it. */
export class SagasApi {
  private constructor(
    readonly api: Api,
    /** Of the title `arena`. */
    readonly key: string,
    /** Of the title `other`. */
    readonly otherKey: string,
  ) {}

  static async open(): Promise<SagasApi> {
    // Whatever is answered here is answered without Temporal.
    const api = await openApi({ env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    return new SagasApi(api, await api.makeTitle('arena'), await api.makeTitle('other'));
  }

  private get trades(): DealsService<TradeTerms> {
    return this.api.app.get<DealsService<TradeTerms>>(TRADES_SERVICE, { strict: false });
  }

  get(path: string, as = this.key): Promise<Answer> {
    return this.api.send('GET', path, { key: as });
  }

  /** Accepts a trade that nothing starts. */
  async accept({
    title = 'arena',
    a = 'ann',
    b = 'bob',
    items = [] as string[],
    workflowId = null as string | null,
  } = {}): Promise<string> {
    const id = newId('trd');
    const parties: Parties = [
      { player: a, gives: { amounts: [{ asset: 'gold', amount: '5' }], items: [] } },
      { player: b, gives: { amounts: [], items } },
    ];
    await this.trades.accept([
      { id, title, key: id, fingerprint: Buffer.from('f'), parties, reference: null, workflowId },
    ]);
    return id;
  }

  async close(id: string, state: 'settled' | 'compensated' = 'settled'): Promise<void> {
    const cause = { code: 'compensated-by-operator', detail: 'olga: It is night.' };
    await this.trades.close([state === 'settled' ? { id, state } : { id, state, cause }]);
  }

  async tell(...notes: SagaNote[]): Promise<void> {
    for (const note of notes) await this.api.app.get(SagasService, { strict: false }).note(note);
  }

  /** Every element of a list, by following `next`. @param between what happens before each further page */
  async all(
    query: string,
    as = this.key,
    between: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Element[]> {
    const found: Element[] = [];
    for (let cursor = ''; ;) {
      const { status, body } = await this.get(`/v1/sagas?${query}${cursor}`, as);
      expect(status).toBe(200);
      const { data, next } = sagaPage.parse(body);
      found.push(...data);
      if (next === null) return found;
      cursor = `&cursor=${next}`;
      await between();
    }
  }
}
