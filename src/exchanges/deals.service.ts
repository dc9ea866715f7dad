import type { DataSource, EntityManager } from 'typeorm';
import type { CloseOutcome, Closing, Waiting } from '../../contracts/answers.js';
import { HeldRows, RowsHeld, besideHeld } from '../postgres/held-rows.js';
import { runCommand, runOneWrite } from '../postgres/run-command.js';
import type { DealMetrics } from './deal-metrics.js';
import { DealStatements } from './deals.statements.js';
import { findHeldDeals } from './held-deals.statements.js';
import type { AcceptOutcome, Admission, DealKind, DealRow, JustClosed, NewDeal, StoredDeal } from './deals.types.js';

/**
 * The commands on the deals of one kind: they write the deal's row, its row in `open` and its facts. What the deal
 * moves is its saga's.
 */
export class DealsService<Terms> {
  private readonly statements: DealStatements<Terms>;
  private readonly heldByAdmission = new HeldRows<NewDeal<Terms>>(
    (deal) => this.admission?.rowsOf(deal) ?? [],
    async (rows, waits) => (await this.admission?.findHeld(this.dataSource.manager, rows, waits)) ?? [],
  );
  private readonly heldDeals = new HeldRows<{ id: string }>(
    ({ id }) => [id],
    async (ids, waits) => {
      const { manager } = this.dataSource;
      const counted = (await this.admission?.findHeldAtClose(manager, ids, waits)) ?? [];
      const tables = { deals: this.statements.table, open: `${this.kind.schema}.open` };
      const uuids = ids.map((id) => this.statements.uuidOf(id));
      const held = await findHeldDeals(manager, tables, uuids, waits);
      return [...counted, ...held.map((uuid) => this.statements.idOf(uuid))];
    },
  );

  constructor(
    private readonly kind: DealKind<Terms>,
    private readonly dataSource: DataSource,
    private readonly metrics: DealMetrics,
    private readonly admission?: Admission<Terms>,
  ) {
    this.statements = new DealStatements(kind);
  }

  /**
   * Accepts deals: row, key and fingerprint commit together. A key that is taken answers its own deal if the request is
   * the same, and `key-reused` if it is another. That comes before what the kind of deal holds to, so a request that
   * was accepted once is never declined.
   * @param seated gives the deals that are admitted the run that is to settle each. It is called after every wait for
   *   locks but that for a key, and again where the transaction is run again
   * @param waits false where the call must not wait for a row that is known to be held
   * @returns one outcome per deal, in order
   * @throws RowsHeld where others hold rows that decide deals, and what PostgreSQL throws (see isOutage), with nothing
   *   accepted that a retry would not find
   */
  async accept(
    deals: readonly NewDeal<Terms>[],
    seated: (admitted: readonly NewDeal<Terms>[]) => NewDeal<Terms>[] = (admitted) => [...admitted],
    waits = true,
  ): Promise<AcceptOutcome<Terms>[]> {
    // Where nothing is admitted, the INSERT is all that is written.
    const run = this.admission === undefined ? runOneWrite : runCommand;
    const command = () => run(this.dataSource, (tx) => this.acceptIn(tx, deals, seated));
    return this.heldByAdmission.run(deals, command, waits);
  }

  /**
   * Accepts deals that move nothing, and closes them as done in the same transaction. No saga settles them.
   * @returns and throws what `accept` does
   */
  async acceptDone(deals: readonly NewDeal<Terms>[]): Promise<AcceptOutcome<Terms>[]> {
    const { outcomes, closed } = await runCommand(this.dataSource, async (tx) => {
      const outcomes = await this.acceptIn(tx, deals, (admitted) => [...admitted]);
      const ids = outcomes.flatMap((one) => (one.outcome === 'accepted' ? one.deal.id : []));
      return { outcomes, closed: ids.length === 0 ? [] : await this.closeAsDone(tx, ids) };
    });
    this.metrics.closed(this.kind.kind, closed);
    return outcomes;
  }

  private async closeAsDone(tx: EntityManager, ids: readonly string[]): Promise<JustClosed[]> {
    const closed = await this.statements.close(
      tx,
      ids.map((id) => ({ id, state: 'settled' as const })),
    );
    // Where a COMMIT was not answered, this is made again, and what is closed already counts already.
    const now = closed.map(({ id }) => id);
    if (now.length > 0) await this.admission?.settled?.(tx, now);
    return closed;
  }

  private async acceptIn(
    tx: EntityManager,
    deals: readonly NewDeal<Terms>[],
    seated: (admitted: readonly NewDeal<Terms>[]) => NewDeal<Terms>[],
  ): Promise<AcceptOutcome<Terms>[]> {
    const verdicts = (await this.admission?.admit(tx, deals)) ?? [];
    const admitted = seated(deals.filter((_, place) => verdicts[place] === undefined));
    const admittedById = new Map(admitted.map((deal) => [deal.id, deal]));
    const accepted = await this.statements.insert(tx, admitted);
    await this.admission?.accepted(
      tx,
      admitted.filter(({ id }) => accepted.has(id)),
    );
    const missing = deals.filter(({ id }) => !accepted.has(id));
    // Only a later statement sees the row whose commit the insert has waited for.
    const kept = missing.length > 0 ? await this.statements.readByKeys(tx, missing) : [];
    const keptByKey = byKey(kept);
    return deals.map((deal, place) => {
      const createdAt = accepted.get(deal.id);
      if (createdAt !== undefined)
        return { outcome: 'accepted', deal: acceptedDeal(admittedById.get(deal.id) ?? deal, createdAt) };
      const row = keptByKey.get(`${deal.title} ${deal.key}`);
      const verdict = verdicts[place];
      if (row !== undefined) return this.keptOutcome(deal, row);
      if (verdict === undefined)
        throw new Error(`The ${this.kind.kind} of key ${deal.key} was neither accepted nor found.`);
      return verdict === 'outdated' ? { outcome: 'outdated' } : { outcome: 'declined', cause: verdict };
    });
  }

  /** What each of these keys stands for already, or undefined, in order. */
  async kept(
    asked: readonly Pick<NewDeal<unknown>, 'title' | 'key' | 'fingerprint'>[],
  ): Promise<(AcceptOutcome<Terms> | undefined)[]> {
    const rows = byKey(await this.statements.readByKeys(this.dataSource.manager, asked));
    return asked.map((one) => {
      const row = rows.get(`${one.title} ${one.key}`);
      return row && this.keptOutcome({ ...one, id: '' }, row);
    });
  }

  /**
   * Closes deals that are still open, with the state and the cause that a participant has kept. A deal that is closed
   * already stays as it is.
   * @returns since when each is closed, in order
   * @throws Error if there is no such deal, because then the saga is not one of ours; and RowsHeld, with nothing closed
   */
  async close(closings: readonly Closing[]): Promise<CloseOutcome[]> {
    const { closed, before } = await this.heldDeals.run(closings, () => this.closeIn(closings));
    this.metrics.closed(this.kind.kind, closed);
    const now = new Map(closed.map(({ id, closedAt }) => [id, closedAt]));
    return closings.map(({ id }) => {
      const row = before.get(id);
      const since = now.get(id) ?? row?.closedAt;
      if (!(since instanceof Date)) throw new Error(`The ${this.kind.kind} ${id} was to be closed and is open.`);
      return { id, closedAt: since.toISOString(), ...(row?.state === 'stuck' && { wasStuck: true }) };
    });
  }

  private closeIn(
    closings: readonly Closing[],
  ): Promise<{ closed: JustClosed[]; before: Awaited<ReturnType<DealStatements<Terms>['lock']>> }> {
    const { statements } = this;
    return runCommand(this.dataSource, async (tx) => {
      const settledCounts = this.admission?.settled !== undefined;
      const counted = closings.filter(({ state }) => settledCounts || state !== 'settled').map(({ id }) => id);
      if (counted.length > 0) await this.admission?.lock(tx, counted);
      const known = await statements.lock(
        tx,
        closings.map(({ id }) => statements.uuidOf(id)),
      );
      const unknown = closings.find(({ id }) => !known.has(id));
      if (unknown !== undefined) throw new Error(`There is no ${this.kind.kind} ${unknown.id} to close.`);
      const closed = await statements.close(tx, closings);
      const givenUp = closed.filter(({ state }) => state !== this.kind.done).map(({ id }) => id);
      if (givenUp.length > 0) await this.admission?.givenUp(tx, givenUp);
      const settled = closed.filter(({ state }) => state === this.kind.done).map(({ id }) => id);
      if (settled.length > 0) await this.admission?.settled?.(tx, settled);
      return { closed, before: known };
    });
  }

  /** Says on the rows of open deals whether they are stuck. A deal that is closed stays as it is. */
  async mark(ids: readonly string[], mark: 'stuck' | 'going-on'): Promise<void> {
    const state = mark === 'stuck' ? 'stuck' : 'accepted';
    await this.eachFree(
      ids.map((id) => ({ id })),
      (tx, some) =>
        this.statements.mark(
          tx,
          some.map(({ id }) => this.statements.uuidOf(id)),
          state,
        ),
    );
  }

  /** Says on the rows of open deals whom they wait for, and until when. A deal that is closed stays as it is. */
  async wait(waiting: readonly Waiting[]): Promise<void> {
    if (this.kind.waiting === undefined) throw new Error(`No ${this.kind.kind} waits for anybody.`);
    await this.eachFree(waiting, (tx, some) => this.statements.wait(tx, some));
  }

  /** Does what can be done without waiting for held rows. @throws RowsHeld afterwards, where there are some */
  private async eachFree<E extends { id: string }>(
    all: readonly E[],
    work: (tx: EntityManager, some: readonly E[]) => Promise<void>,
  ): Promise<void> {
    let held: RowsHeld | undefined;
    await besideHeld(
      all,
      (some) => this.heldDeals.run(some, () => runCommand(this.dataSource, (tx) => work(tx, some))),
      (_, error) => (held = error),
    );
    if (held !== undefined) throw held;
  }

  private keptOutcome(asked: Pick<NewDeal<unknown>, 'id' | 'fingerprint'>, row: DealRow): AcceptOutcome<Terms> {
    if (!row.fingerprint.equals(asked.fingerprint)) return { outcome: 'key-reused' };
    const deal = this.statements.dealOf(row);
    // `runCommand` repeats a COMMIT that was not answered. The key then finds the row of this request, which is new.
    return { outcome: deal.id === asked.id ? 'accepted' : 'replayed', deal };
  }
}

function byKey(rows: readonly DealRow[]): Map<string, DealRow> {
  return new Map(rows.map((row) => [`${row.title} ${row.key}`, row]));
}

function acceptedDeal<Terms>(deal: NewDeal<Terms>, createdAt: Date): StoredDeal<Terms> {
  return { ...deal, state: 'accepted', reason: null, createdAt, closedAt: null };
}
