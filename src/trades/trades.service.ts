import { Inject, Injectable } from '@nestjs/common';
import { Histogram, Counter, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import type { Closing } from '../../workflows/contracts.js';
import { newId } from '../ids.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { closeRows, insertTrades, lockTrades, readByKeys, tradeOf, tradeUuid, type TradeRow } from './trades.statements.js';
import type { AcceptOutcome, NewTrade } from './trades.types.js';

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
    const asked = trades.map((trade) => ({ ...trade, uuid: tradeUuid(newId('trd')) }));
    return runCommand(this.dataSource, async (tx) => {
      const inserted = new Map((await insertTrades(tx, asked)).map((row) => [row.id, row]));
      const missing = asked.filter(({ uuid }) => !inserted.has(uuid));
      // Only a later statement sees the row whose commit the insert has waited for.
      const kept = missing.length > 0 ? await readByKeys(tx, missing) : [];
      const keptByKey = new Map(kept.map((row) => [`${row.title} ${row.key}`, row]));
      return asked.map((trade) => outcomeOf(trade, inserted.get(trade.uuid) ?? keptByKey.get(`${trade.title} ${trade.key}`), inserted.has(trade.uuid)));
    });
  }

  /**
   * Closes trades that are still open, with the state and the cause that the pivot has kept. A trade that is closed
   * already stays as it is.
   * @throws Error if there is no such trade, because then the saga is not one of ours
   */
  async close(closings: readonly Closing[]): Promise<void> {
    const closed = await runCommand(this.dataSource, async (tx) => {
      const uuids = closings.map(({ id }) => tradeUuid(id));
      const known = await lockTrades(tx, uuids);
      const unknown = uuids.find((uuid) => !known.has(uuid));
      if (unknown !== undefined) throw new Error(`There is no trade trd_${unknown} to close.`);
      return closeRows(tx, closings);
    });
    for (const { state, reason, seconds } of closed) {
      this.outcomes.inc({ state, reason });
      this.seconds.observe({ state }, seconds);
    }
  }
}

function outcomeOf(asked: NewTrade, row: TradeRow | undefined, isNew: boolean): AcceptOutcome {
  if (row === undefined) throw new Error(`The trade of key ${asked.key} was neither accepted nor found.`);
  if (!row.fingerprint.equals(asked.fingerprint)) return { outcome: 'key-reused' };
  return { outcome: isNew ? 'accepted' : 'replayed', trade: tradeOf(row) };
}
