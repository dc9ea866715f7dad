import { defineSearchAttributeKey } from '@temporalio/common';
import { allHandlersFinished, condition, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import {
  sagaAttributes,
  type ActAnswer,
  type OperatorAct,
  type OperatorActName,
  type SagaState,
  type SagaSubject,
} from '../contracts/sagas.js';
import { detailsOf } from './run-details.js';
import { SagaNotes } from './saga-notes.js';
import type { StuckStep } from './stuck-step.js';

const stateKey = defineSearchAttributeKey(sagaAttributes.state, 'KEYWORD');
const stepKey = defineSearchAttributeKey(sagaAttributes.step, 'KEYWORD');
const sinceKey = defineSearchAttributeKey(sagaAttributes.stuckSince, 'DATETIME');

/** An operator's hold on a run: it makes no forward step until it is resumed. */
interface Hold {
  operator: string;
  reason: string;
  since: Date;
}

/**
 * How a run fares, and who is told: the Temporal UI by details and search attributes, the sagas' boundary by notes, the
 * rows of the deals by marks. A run that is never stuck, turned back or operated on upserts and notes nothing.
 */
export class RunStatus {
  private readonly notes: SagaNotes;
  private readonly stepsInFlight = new Set<{ description: string }>();
  private readonly stuckSteps = new Set<StuckStep>();
  private backwards = false;
  private hold: Hold | undefined;
  private lastShown = 'running';
  private owner: string | null = null;
  private mustNoteEnd = false;

  /** @param actsAt says which acts of an operator lead on from a step */
  constructor(
    private readonly subjects: readonly SagaSubject[],
    private readonly actsAt: (step: string) => string[],
  ) {
    this.notes = new SagaNotes(subjects);
  }

  /** Whether the run settles one subject, so that an operator can steer it. */
  get alone(): boolean {
    return this.subjects.length === 1;
  }

  /** Whether an operator has parked the run. */
  get parked(): boolean {
    return this.hold !== undefined;
  }

  /** The step that an operator can have tried now. */
  get stuckStep(): StuckStep | undefined {
    return [...this.stuckSteps].find(({ canBeRetried }) => canBeRetried);
  }

  /** Shows a step as under way. @returns what shows that it is no more */
  begin(description: string): () => void {
    const inFlight = { description };
    this.stepsInFlight.add(inFlight);
    this.showDetails();
    return () => {
      this.stepsInFlight.delete(inFlight);
      this.showDetails();
    };
  }

  /** Shows the run as stuck at a step. @returns what shows that it is no more */
  stuckAt(step: StuckStep): () => void {
    this.stuckSteps.add(step);
    this.show();
    return () => {
      this.stuckSteps.delete(step);
      this.show();
    };
  }

  /** Says whether the run goes back from now on. */
  setBackwards(backwards: boolean): void {
    this.backwards = backwards;
    this.show();
  }

  /** The run ends without the steps at which it is stuck. */
  endWithoutStuckSteps(): void {
    this.stuckSteps.clear();
    this.hold = undefined;
    this.setBackwards(false);
  }

  /** An operator parks the run, or takes it over from the operator who has. */
  park({ operator, reason }: OperatorAct): void {
    this.hold = { operator, reason, since: this.hold?.since ?? new Date() };
    for (const step of this.stuckSteps) step.park();
    this.show();
  }

  /** The run goes on. @returns whether it was parked */
  resume(): boolean {
    const wasParked = this.parked;
    this.dropHold();
    this.show();
    return wasParked;
  }

  /** The run is parked no more, which is shown together with what comes of that. */
  dropHold(): void {
    this.hold = undefined;
  }

  /** Subjects have left the run. */
  left(ids: readonly string[]): void {
    this.notes.leave(ids);
  }

  /** Has the end of the run noted, also where the run has noted nothing before. */
  noteEnd(): void {
    this.mustNoteEnd = true;
  }

  /** An operator's act was let in. It makes the operator the owner of a saga that is parked. */
  asked(name: OperatorActName, { operator, reason }: OperatorAct): void {
    this.owner = operator;
    this.note({ operator, reason, name, answer: null }, `${operator} asks to ${name}`);
  }

  /** An operator's act was answered. */
  answered(name: OperatorActName, { operator, reason }: OperatorAct, answer: ActAnswer): void {
    this.note({ operator, reason, name, answer }, `${operator} is answered ${answer.code}`);
  }

  /** Shows the details anew, because what a stuck step fails with has changed. */
  showDetails(): void {
    setCurrentDetails(
      detailsOf(
        [...this.stepsInFlight].map(({ description }) => description),
        [...this.stuckSteps],
        this.hold,
        { alone: this.alone, actsAt: this.actsAt },
      ),
    );
  }

  /**
   * Waits for running update handlers. Then it records that the run has ended, if the run has recorded anything before,
   * and waits until all notes are delivered, which can take as long as an outage. An update that arrives meanwhile is
   * answered, and the end is recorded again after it.
   */
  async ended(): Promise<void> {
    let noted = this.mustNoteEnd || this.notes.count > 0 ? -1 : 0;
    while (true) {
      await condition(allHandlersFinished);
      setCurrentDetails('');
      if (noted === this.notes.count) return;
      this.notes.tell({ state: 'ended', stuckAt: null, owner: this.owner, act: null }, 'the saga has ended');
      noted = this.notes.count;
      await this.notes.delivered();
    }
  }

  /** Shows how the run fares, where that is not what is shown. */
  show(): void {
    this.showDetails();
    const state = this.state();
    const [first] = this.stuckSteps;
    const since = this.hold?.since ?? first?.since ?? null;
    const shown = `${first === undefined ? state : `${state} at ${first.step}`}${this.hold === undefined ? '' : ` by ${this.hold.operator}`}`;
    if (shown === this.lastShown) return;
    this.lastShown = shown;
    upsertSearchAttributes([
      { key: stateKey, value: state },
      { key: stepKey, value: first?.step ?? null },
      { key: sinceKey, value: since },
    ]);
    this.note(null, `the saga is ${shown}`);
    this.notes.mark(state === 'stuck' || state === 'parked');
  }

  private note(
    act: (OperatorAct & { name: OperatorActName; answer: ActAnswer | null }) | null,
    description: string,
  ): void {
    const [first] = this.stuckSteps;
    // Where an undo cannot be done, that is what somebody is to see to.
    const held =
      this.hold === undefined || first?.undo === true
        ? undefined
        : {
            step: first?.step ?? null,
            description: 'an operator to resume it',
            since: this.hold.since.toISOString(),
            why: this.hold.reason,
          };
    const stuck = first && {
      step: first.step,
      description: first.description,
      since: first.since.toISOString(),
      why: first.why,
    };
    this.notes.tell({ state: this.state(), stuckAt: held ?? stuck ?? null, owner: this.owner, act }, description);
  }

  private state(): SagaState {
    const steps = [...this.stuckSteps];
    if (this.parked || steps.some(({ undo }) => undo)) return 'parked';
    if (steps.length > 0) return 'stuck';
    return this.backwards ? 'compensating' : 'running';
  }
}
