import type { DataSource } from 'typeorm';
import type { DealActivities } from '../../contracts/activities.js';
import type { CloseOutcome, Closing } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import { isolated } from '../../activities/isolate.js';
import type { Deal, Deals, Looked, StartedExchange } from '../../src/exchanges/deals.js';
import { newId } from '../../src/ids.js';
import { runCommand } from '../../src/postgres/run-command.js';

/*
 * A kind of deal that exists in tests only: a player gives an item to another. It has a table of its own, and no legs.
 */

/** A gift as its row says. */
interface GiftRow {
  id: string;
  title: string;
  giver: string;
  receiver: string;
  instance: string;
  state: string;
  reason_code: string | null;
  reason_detail: string | null;
  workflow_id: string | null;
  accepted_at: Date;
  closed_at: Date | null;
}

/** A gift to be accepted. */
export type NewGift = Pick<GiftRow, 'id' | 'title' | 'giver' | 'receiver' | 'instance'>;

export const newGiftId = (): string => `gft_${newId('trd').slice(4)}`;

export const exchangeOfGift = ({ id, title, giver, receiver, instance }: NewGift): Exchange => ({
  id,
  title,
  kind: 'gift',
  legs: [],
  moves: [{ instance, from: `player:${giver}`, to: `player:${receiver}` }],
});

const dealOf = (row: GiftRow): Deal => ({
  exchange: exchangeOfGift(row),
  state: row.state,
  reason: row.reason_code === null ? null : { code: row.reason_code, detail: row.reason_detail ?? '' },
  workflowId: row.workflow_id,
  acceptedAt: row.accepted_at,
  closedAt: row.closed_at,
});

/** The gifts of a database. */
export class Gifts implements Deals {
  readonly kind = 'gift';
  readonly path = '/v1/gifts';

  constructor(private readonly dataSource: DataSource) {}

  async createTable(): Promise<void> {
    await this.dataSource.query('create schema gifts');
    await this.dataSource.query(`
      create table gifts.gifts (
        id text collate "C" primary key, title text not null, giver text not null, receiver text not null, instance text not null,
        state text not null default 'accepted', reason_code text, reason_detail text, workflow_id text,
        accepted_at timestamptz not null default now(), started_at timestamptz, closed_at timestamptz
      )`);
  }

  async accept({ id, title, giver, receiver, instance }: NewGift, workflowId: string | null): Promise<void> {
    await this.dataSource.query(
      `insert into gifts.gifts (id, title, giver, receiver, instance, workflow_id, started_at) values ($1, $2, $3, $4, $5, $6, case when $6::text is not null then now() end)`,
      [id, title, giver, receiver, instance, workflowId],
    );
  }

  close(closings: readonly Closing[]): Promise<CloseOutcome[]> {
    return runCommand(this.dataSource, async (tx) => {
      const outcomes: CloseOutcome[] = [];
      for (const closing of closings) {
        const [before] = await tx.query<GiftRow[]>('select * from gifts.gifts where id = $1 for update', [closing.id]);
        const cause = closing.state === 'settled' ? undefined : closing.cause;
        const closed = 'update gifts.gifts set state = $2, reason_code = $3, reason_detail = $4, closed_at = now() where id = $1 and closed_at is null';
        await tx.query(closed, [closing.id, closing.state, cause?.code ?? null, cause?.detail ?? null]);
        const [row] = await tx.query<GiftRow[]>('select * from gifts.gifts where id = $1', [closing.id]);
        outcomes.push({ id: closing.id, closedAt: row?.closed_at?.toISOString() ?? '', ...(before?.state === 'stuck' && { wasStuck: true }) });
      }
      return outcomes;
    });
  }

  async mark(ids: readonly string[], mark: 'stuck' | 'going-on'): Promise<void> {
    await this.dataSource.query('update gifts.gifts set state = $2 where id = any($1::text[]) and closed_at is null', [ids, mark === 'stuck' ? 'stuck' : 'accepted']);
  }

  async noteStart(ids: readonly string[], workflowId: string): Promise<void> {
    await this.dataSource.query('update gifts.gifts set workflow_id = $2, started_at = now() where id = any($1::text[]) and closed_at is null', [ids, workflowId]);
  }

  async neverStarted(olderThanSeconds: number, most: number): Promise<Looked<Exchange>> {
    const rows = await this.rows('closed_at is null and started_at is null and accepted_at < now() - make_interval(secs => $1) limit $2', [olderThanSeconds, most]);
    return { looked: rows.length, found: rows.map(exchangeOfGift) };
  }

  async stillOpen(olderThanSeconds: number, most: number): Promise<Looked<StartedExchange>> {
    const rows = await this.rows('closed_at is null and started_at < now() - make_interval(secs => $1) limit $2', [olderThanSeconds, most]);
    return { looked: rows.length, found: rows.map((row) => ({ exchange: exchangeOfGift(row), workflowId: row.workflow_id ?? '' })) };
  }

  async deals(title: string, ids: readonly string[]): Promise<Deal[]> {
    return (await this.rows('title = $1 and id = any($2::text[])', [title, ids])).map(dealOf);
  }

  async openDeals(title: string, player: string | undefined, limit: number, before: string | undefined): Promise<Deal[]> {
    const condition = 'title = $1 and closed_at is null and ($3::text is null or $3 in (giver, receiver)) and ($4::text is null or substr(id, 5) < $4)';
    return (await this.rows(`${condition} order by id desc limit $2`, [title, limit, player, before])).map(dealOf);
  }

  async openAmong(ids: readonly string[]): Promise<Set<string>> {
    return new Set((await this.rows('id = any($1::text[]) and closed_at is null', [ids])).map(({ id }) => id));
  }

  private rows(condition: string, parameters: unknown[]): Promise<GiftRow[]> {
    return this.dataSource.query<GiftRow[]>(`select * from gifts.gifts where ${condition}`, parameters);
  }
}

/** What the worker calls for gifts. */
export function giftActivities(gifts: Gifts): DealActivities {
  return { closeGifts: (closings, stop) => isolated(closings, (some) => gifts.close(some), stop), markGifts: (ids, mark) => gifts.mark(ids, mark) };
}
