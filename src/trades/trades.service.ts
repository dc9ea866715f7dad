import { Inject, Injectable } from '@nestjs/common';
import { Histogram, Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { CloseOutcome, Closing } from '../../contracts/answers.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { closeRows, insertTrades, lockTrades, markRows, readByKeys, tradeOf, tradeUuid, type TradeRow } from './trades.statements.js';
import type { AcceptOutcome, NewTrade, Trade } from './trades.types.js';

/** The commands on trades: they write the trade's own row and nothing else; what it moves is its saga's. */
@Injectable()
export class TradesService {
  private readonly outcomes: Counter;
  private readonly seconds: Histogram;

  constructor(
    @Inject(MAIN_DATABASE) private readonly dataSource: DataSource,
    @Inject(Registry) registry: Registry,
  ) {
    this.outcomes = new Counter({
      name: 'veltrix_trade_outcomes_total',
      help: 'Trades that this process has closed, by state and reason',
      labelNames: ['state', 'reason'],
      registers: [registry],
    });
    this.seconds = new Histogram({
      name: 'veltrix_trade_seconds',
      help: 'Seconds from the acceptance of a trade to its close',
      labelNames: ['state'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers: [registry],
    });
  }

  /**
   * Accepts trades: row, key and fingerprint commit together. A key that is taken answers its own trade if the
   * request is the same, and `key-reused` if it is another.
   * @returns one outcome per trade, in order
   * @throws what PostgreSQL throws (see isOutage), with nothing accepted that a retry would not find
   */
  async accept(trades: readonly NewTrade[]): Promise<AcceptOutcome[]> {
    return runCommand(this.dataSource, async (tx) => {
      const accepted = await insertTrades(tx, trades);
      const missing = trades.filter(({ id }) => !accepted.has(id));
      // Only a later statement sees the row whose commit the insert has waited for.
      const kept = missing.length > 0 ? await readByKeys(tx, missing) : [];
      const keptByKey = new Map(kept.map((row) => [`${row.title} ${row.key}`, row]));
      return trades.map((trade) => {
        const createdAt = accepted.get(trade.id);
        return createdAt === undefined ? keptOutcome(trade, keptByKey.get(`${trade.title} ${trade.key}`)) : { outcome: 'accepted', trade: acceptedTrade(trade, createdAt) };
      });
    });
  }

  /**
   * Closes trades that are still open, with the state and the cause that the pivot has kept. A trade that is closed
   * already stays as it is.
   * @returns since when each is closed, in order
   * @throws Error if there is no such trade, because then the saga is not one of ours
   */
  async close(closings: readonly Closing[]): Promise<CloseOutcome[]> {
    const { closed, before } = await runCommand(this.dataSource, async (tx) => {
      const known = await lockTrades(tx, closings.map(({ id }) => tradeUuid(id)));
      const unknown = closings.find(({ id }) => !known.has(id));
      if (unknown !== undefined) throw new Error(`There is no trade ${unknown.id} to close.`);
      return { closed: await closeRows(tx, closings), before: known };
    });
    for (const { state, reason, seconds } of closed) {
      this.outcomes.inc({ state, reason });
      this.seconds.observe({ state }, seconds);
    }
    const now = new Map(closed.map(({ id, closedAt }) => [id, closedAt]));
    return closings.map(({ id }) => {
      const row = before.get(id);
      const since = now.get(id) ?? row?.closedAt;
      if (!(since instanceof Date)) throw new Error(`The trade ${id} was to be closed and is open.`);
      return { id, closedAt: since.toISOString(), ...(row?.state === 'stuck' && { wasStuck: true }) };
    });
  }

  /** Says on the rows of open trades whether they are stuck. A trade that is closed stays as it is. */
  async mark(ids: readonly string[], mark: 'stuck' | 'going-on'): Promise<void> {
    await runCommand(this.dataSource, (tx) => markRows(tx, ids.map(tradeUuid), mark === 'stuck' ? 'stuck' : 'accepted'));
  }
}

function acceptedTrade({ id, title, parties, reference, workflowId }: NewTrade, createdAt: Date): Trade {
  return { id, title, state: 'accepted', reason: null, parties, reference, workflowId, createdAt, closedAt: null };
}

function keptOutcome(asked: NewTrade, row: TradeRow | undefined): AcceptOutcome {
  if (row === undefined) throw new Error(`The trade of key ${asked.key} was neither accepted nor found.`);
  if (!row.fingerprint.equals(asked.fingerprint)) return { outcome: 'key-reused' };
  const trade = tradeOf(row);
  // The row of a COMMIT whose answer was lost is found by its key, and is new all the same.
  return { outcome: trade.id === asked.id ? 'accepted' : 'replayed', trade };
}
