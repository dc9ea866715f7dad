import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import { markActivity } from '../contracts/activities.js';
import type { SagaNote, SagaSubject } from '../contracts/sagas.js';
import { sideActivities } from './steps.js';

/**
 * What a run tells others of itself: notes to the boundary `sagas`, and marks on the rows of its deals. No step waits
 * for them, because their database may be away just when the run is stuck. None is left out: each is tried until it is
 * written, in the order in which they were told.
 */
export class SagaNotes {
  /** Resolves when the last note is written, and with it all before. */
  private last: Promise<void> = Promise.resolve();
  /** Resolves when the last mark is written, and with it all before. */
  private lastMark: Promise<void> = Promise.resolve();
  private number = 0;
  /** Whether the last mark says that the deals are stuck. */
  private marked = false;
  /** The ids of the subjects that have left the run. */
  private readonly left = new Set<string>();

  constructor(private readonly subjects: readonly SagaSubject[]) {}

  /** How many notes were told. Most runs have nothing to tell. */
  get count(): number {
    return this.number;
  }

  /** Tells no more of these subjects. They have left the run, and a run of their own tells of each. */
  removeSubjects(ids: readonly string[]): void {
    for (const id of ids) this.left.add(id);
  }

  /**
   * Writes a note about all subjects that have not left.
   * @param description completes `note that …` for the Temporal UI
   */
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

  /** Says on the deals' rows whether they are stuck, where that has changed. */
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

  /** Resolves when every note and every mark is written. */
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
