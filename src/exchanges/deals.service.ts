import type { DataSource } from 'typeorm';
import type { CloseOutcome, Closing } from '../../contracts/answers.js';
import { runCommand } from '../postgres/run-command.js';
import type { DealMetrics } from './deal-metrics.js';
import { DealStatements } from './deals.statements.js';
import type { AcceptOutcome, DealKind, DealRow, NewDeal, StoredDeal } from './deals.types.js';

/**
 * The commands on the deals of one kind: they write the deal's row, its row in `open` and its facts. What the deal
 * moves is its saga's.
 */
export class DealsService<Terms> {
  private readonly statements: DealStatements<Terms>;

  constructor(
    private readonly kind: DealKind<Terms>,
    private readonly dataSource: DataSource,
    private readonly metrics: DealMetrics,
  ) {
    this.statements = new DealStatements(kind);
  }

  /**
   * Accepts deals: row, key and fingerprint commit together. A key that is taken answers its own deal if the request is
   * the same, and `key-reused` if it is another.
   * @returns one outcome per deal, in order
   * @throws what PostgreSQL throws (see isOutage), with nothing accepted that a retry would not find
   */
  async accept(deals: readonly NewDeal<Terms>[]): Promise<AcceptOutcome<Terms>[]> {
    return runCommand(this.dataSource, async (tx) => {
      const accepted = await this.statements.insert(tx, deals);
      const missing = deals.filter(({ id }) => !accepted.has(id));
      // Only a later statement sees the row whose commit the insert has waited for.
      const kept = missing.length > 0 ? await this.statements.readByKeys(tx, missing) : [];
      const keptByKey = new Map(kept.map((row) => [`${row.title} ${row.key}`, row]));
      return deals.map((deal) => {
        const createdAt = accepted.get(deal.id);
        if (createdAt === undefined) return this.keptOutcome(deal, keptByKey.get(`${deal.title} ${deal.key}`));
        return { outcome: 'accepted', deal: acceptedDeal(deal, createdAt) };
      });
    });
  }

  /**
   * Closes deals that are still open, with the state and the cause that a participant has kept. A deal that is closed
   * already stays as it is.
   * @returns since when each is closed, in order
   * @throws Error if there is no such deal, because then the saga is not one of ours
   */
  async close(closings: readonly Closing[]): Promise<CloseOutcome[]> {
    const { statements } = this;
    const { closed, before } = await runCommand(this.dataSource, async (tx) => {
      const known = await statements.lock(
        tx,
        closings.map(({ id }) => statements.uuidOf(id)),
      );
      const unknown = closings.find(({ id }) => !known.has(id));
      if (unknown !== undefined) throw new Error(`There is no ${this.kind.kind} ${unknown.id} to close.`);
      return { closed: await statements.close(tx, closings), before: known };
    });
    this.metrics.closed(this.kind.kind, closed);
    const now = new Map(closed.map(({ id, closedAt }) => [id, closedAt]));
    return closings.map(({ id }) => {
      const row = before.get(id);
      const since = now.get(id) ?? row?.closedAt;
      if (!(since instanceof Date)) throw new Error(`The ${this.kind.kind} ${id} was to be closed and is open.`);
      return { id, closedAt: since.toISOString(), ...(row?.state === 'stuck' && { wasStuck: true }) };
    });
  }

  /** Says on the rows of open deals whether they are stuck. A deal that is closed stays as it is. */
  async mark(ids: readonly string[], mark: 'stuck' | 'going-on'): Promise<void> {
    const uuids = ids.map((id) => this.statements.uuidOf(id));
    await runCommand(this.dataSource, (tx) => this.statements.mark(tx, uuids, mark === 'stuck' ? 'stuck' : 'accepted'));
  }

  private keptOutcome(asked: NewDeal<Terms>, row: DealRow | undefined): AcceptOutcome<Terms> {
    if (row === undefined) throw new Error(`The ${this.kind.kind} of key ${asked.key} was neither accepted nor found.`);
    if (!row.fingerprint.equals(asked.fingerprint)) return { outcome: 'key-reused' };
    const deal = this.statements.dealOf(row);
    // `runCommand` repeats a COMMIT that was not answered. The key then finds the row of this request, which is new.
    return { outcome: deal.id === asked.id ? 'accepted' : 'replayed', deal };
  }
}

function acceptedDeal<Terms>(deal: NewDeal<Terms>, createdAt: Date): StoredDeal<Terms> {
  return { ...deal, state: 'accepted', reason: null, createdAt, closedAt: null };
}
