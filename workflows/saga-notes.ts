import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { playersOf, type Exchange } from '../contracts/nouns.js';
import type { SagaNote } from '../contracts/sagas.js';
import { besides } from './exchange-steps.js';

/**
 * What a run tells others of itself. Nothing waits for it while the run goes on, because others may not be there just
 * when the run is stuck; and nothing is left out, because each note is tried until it is taken, one after the other.
 */
export class SagaNotes {
  private last: Promise<void> = Promise.resolve();
  private lastMark: Promise<void> = Promise.resolve();
  private number = 0;
  private marked = false;
  private readonly left = new Set<string>();

  constructor(private readonly exchanges: readonly Exchange[]) {}

  /** How many notes were told. Most runs have nothing to tell. */
  get count(): number {
    return this.number;
  }

  /** Exchanges that have left have runs of their own, which tell of them. */
  leave(ids: readonly string[]): void {
    for (const id of ids) this.left.add(id);
  }

  /** Tells the sagas' boundary. */
  tell(news: Pick<SagaNote, 'state' | 'stands' | 'owner' | 'act'>, says: string): void {
    const { workflowId, runId } = workflowInfo();
    const subjects = this.staying().map((exchange) => ({ id: exchange.id, title: exchange.title, kind: exchange.kind, players: playersOf(exchange) }));
    if (subjects.length === 0) return;
    const note: SagaNote = { workflowId, runId, number: ++this.number, at: new Date().toISOString(), subjects, alone: this.exchanges.length === 1, ...news };
    this.last = CancellationScope.nonCancellable(async () => {
      await this.last;
      await besides().noteSaga.executeWithOptions({ summary: `note that ${says}` }, [note]);
    });
  }

  /** Says on the deals' rows whether they are stuck. */
  mark(stuck: boolean): void {
    if (stuck === this.marked) return;
    this.marked = stuck;
    const trades = this.staying().filter(({ kind }) => kind === 'trade').map(({ id }) => id);
    if (trades.length === 0) return;
    this.lastMark = CancellationScope.nonCancellable(async () => {
      await this.lastMark;
      await besides().markTrades.executeWithOptions({ summary: stuck ? 'mark as stuck' : 'mark as going on' }, [trades, stuck ? 'stuck' : 'going-on']);
    });
  }

  /** Resolves when everything is told that there was to tell. */
  async told(): Promise<void> {
    await Promise.all([this.last, this.lastMark]);
  }

  private staying(): Exchange[] {
    return this.exchanges.filter(({ id }) => !this.left.has(id));
  }
}
