import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { markActivity } from '../contracts/activities.js';
import type { SagaNote, SagaSubject } from '../contracts/sagas.js';
import { sideActivities } from './steps.js';

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

  constructor(private readonly subjects: readonly SagaSubject[]) {}

  /** How many notes were told. Most runs have nothing to tell. */
  get count(): number {
    return this.number;
  }

  /** Subjects that have left the run have runs of their own, which tell of them. */
  removeSubjects(ids: readonly string[]): void {
    for (const id of ids) this.left.add(id);
  }

  /** Tells the sagas' boundary. */
  tell(news: Pick<SagaNote, 'state' | 'stuckAt' | 'owner' | 'act'>, description: string): void {
    const { workflowId, runId } = workflowInfo();
    const subjects = this.staying();
    if (subjects.length === 0) return;
    const note: SagaNote = {
      workflowId,
      runId,
      number: ++this.number,
      at: new Date().toISOString(),
      subjects,
      alone: this.subjects.length === 1,
      ...news,
    };
    this.last = CancellationScope.nonCancellable(async () => {
      await this.last;
      await sideActivities().noteSaga.executeWithOptions({ summary: `note that ${description}` }, [note]);
    });
  }

  /** Says on the deals' rows whether they are stuck. */
  mark(stuck: boolean): void {
    if (stuck === this.marked) return;
    this.marked = stuck;
    const staying = this.staying();
    const kinds = [...new Set(staying.map(({ kind }) => kind))];
    if (kinds.length === 0) return;
    this.lastMark = CancellationScope.nonCancellable(async () => {
      await this.lastMark;
      await Promise.all(
        kinds.map((kind) =>
          markDeals(
            kind,
            staying.filter((one) => one.kind === kind),
            stuck,
          ),
        ),
      );
    });
  }

  /** Resolves when everything is told that there was to tell. */
  async delivered(): Promise<void> {
    await Promise.all([this.last, this.lastMark]);
  }

  private staying(): SagaSubject[] {
    return this.subjects.filter(({ id }) => !this.left.has(id));
  }
}

async function markDeals(kind: string, deals: readonly SagaSubject[], stuck: boolean): Promise<void> {
  const activity = sideActivities()[markActivity(kind)];
  await activity?.executeWithOptions({ summary: stuck ? 'mark as stuck' : 'mark as going on' }, [
    deals.map(({ id }) => id),
    stuck ? 'stuck' : 'going-on',
  ]);
}
