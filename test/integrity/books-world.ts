import pg from 'pg';
import { EntryCheck } from '../../src/ledger/entry-check.service.js';
import { LEDGER_DATABASE } from '../../src/postgres/data-sources.js';
import type { DataSource } from 'typeorm';
import { openApi, type Answer, type Api } from '../http/api.js';

/** What `GET /v1/integrity` answers, as far as tests read it. */
export interface Report {
  holds: boolean;
  at: string;
  snapshots: { ledger?: string; inventory?: string };
  entriesCheckedSince?: string;
  assets: { asset: string; holds: boolean; supply: string; sum: string; breaks: object[]; [more: string]: unknown }[];
  items: { item: string; holds: boolean; breaks: object[]; [more: string]: unknown }[];
  next: string | null;
}

/** The API with the title `arena`, its assets `gold` and `gems` and its items `sword` and `crown`. */
export interface BooksWorld {
  api: Api;
  key: string;
  check: EntryCheck;
  post(path: string, body: object): Promise<Answer>;
  transfer(reason: string, ...legs: string[]): Promise<string>;
  mint(item: string, owner: string): Promise<string>;
  report(query?: string): Promise<Report>;
  /** Looks at every entry once, in slices of so many. */
  checkAll(limit?: number): Promise<void>;
  /** Changes the database as nobody can who has not switched its walls off. */
  damage(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens it with nothing booked. */
export async function openBooks(): Promise<BooksWorld> {
  const api = await openApi();
  const key = await api.makeTitle('arena');
  for (const code of ['gold', 'gems'])
    await api.send('PUT', `/v1/assets/${code}`, { key, body: { name: code, kind: 'currency' } });
  for (const code of ['sword', 'crown']) await api.send('PUT', `/v1/items/${code}`, { key, body: { name: code } });
  const vandal = new pg.Client({ connectionString: api.databaseUrl });
  await vandal.connect();
  await vandal.query('set session_replication_role = replica');
  const check = new EntryCheck(api.app.get<DataSource>(LEDGER_DATABASE, { strict: false }));
  let keys = 0;
  const post = async (path: string, body: object): Promise<Answer> => {
    const answer = await api.send('POST', path, { key, body, headers: { 'idempotency-key': `k-${++keys}` } });
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const idOf = ({ body }: Answer): string => (body as { id: string }).id;
  return {
    api,
    key,
    check,
    post,
    transfer: async (reason, ...legs) =>
      idOf(
        await post('/v1/transfers', {
          reason,
          legs: legs.map((leg) => {
            const [from, to, amount, asset = 'gold'] = leg.split(' ');
            return { from, to, amount, asset };
          }),
        }),
      ),
    mint: async (item, owner) => idOf(await post('/v1/item-instances', { item, owner, reason: 'test' })),
    async report(query = '') {
      const { status, body } = await api.send('GET', `/v1/integrity${query}`, { key });
      if (status !== 200) throw new Error(`/v1/integrity${query}: ${JSON.stringify(body)}`);
      return body as Report;
    },
    async checkAll(limit) {
      while ((await check.next(limit)) !== 'whole');
    },
    damage: async (sql) => void (await vandal.query(sql)),
    async close() {
      await vandal.end();
      await api.close();
    },
  };
}
