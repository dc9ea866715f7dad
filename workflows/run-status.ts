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

/** An operator has parked the run, so it makes no forward step until it is resumed. */
interface Parking {
  operator: string;
  reason: string;
  since: Date;
}

/** What a run that is turned back waits for. Nothing fails meanwhile. */
interface WaitedFor {
  step: string;
  description: string;
  since: string;
  why: string;
}

/**
 * How a run fares, and who is told: the Temporal UI by details and search attributes, the sagas' boundary by notes, the
 * rows of the deals by marks. A run that is never stuck, turned back or operated on upserts
 * and notes nothing, except the end of a deal that an earlier run has marked as stuck.
 */
export class RunStatus {
  private readonly notes: SagaNotes;
  private readonly stepsInFlight = new Set<{ description: string }>();
  private readonly stuckSteps = new Set<StuckStep>();
  private backwards = false;
  private parking: Parking | undefined;
  private awaited: WaitedFor | undefined;
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

  /** Whether an operator has parked the run. A run at an undo step that fails is shown as parked too. */
  get parkedByOperator(): boolean {
    return this.parking !== undefined;
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

  /** Says what the only exchange of a run waits for while it is turned back, or that it waits for nothing more. */
  setAwaited(awaited: Omit<WaitedFor, 'since'> | undefined): void {
    if (!this.alone || (awaited === undefined && this.awaited === undefined)) return;
    this.awaited = awaited && { ...awaited, since: this.awaited?.since ?? new Date().toISOString() };
    this.show();
  }

  /** The run ends without the steps at which it is stuck. */
  endWithoutStuckSteps(): void {
    this.stuckSteps.clear();
    this.parking = undefined;
    this.awaited = undefined;
    this.setBackwards(false);
  }

  /** An operator parks the run, or takes it over from the operator who has. */
  park({ operator, reason }: OperatorAct): void {
    this.parking = { operator, reason, since: this.parking?.since ?? new Date() };
    for (const step of this.stuckSteps) step.park();
    this.show();
  }

  /** The run goes on. @returns whether it was parked */
  resume(): boolean {
    const wasParked = this.parkedByOperator;
    this.unpark();
    this.show();
    return wasParked;
  }

  /** The run is parked no more, which is shown together with what comes of that. */
  unpark(): void {
    this.parking = undefined;
  }

  /** From now on the run tells nothing of these subjects: they have left it. */
  removeSubjects(ids: readonly string[]): void {
    this.notes.removeSubjects(ids);
  }

  /** Has the end of the run noted, also where the run has noted nothing before. */
  noteEnd(): void {
    this.mustNoteEnd = true;
  }

  /** An operator's act was let in. The operator owns the saga from now on. */
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
        this.parking,
        { alone: this.alone, actsAt: this.actsAt },
      ),
    );
  }

  /**
   * Waits for running update handlers. Then it records that the run has ended, if the run has recorded anything before,
   * and waits until all notes are delivered, which can take as long as an outage. An update that arrives meanwhile is
   * answered, and the end is recorded again after it.
   */
  async untilDelivered(): Promise<void> {
    const notesNothing = !this.mustNoteEnd && this.notes.count === 0;
    let notesAtEnd = notesNothing ? 0 : undefined;
    while (true) {
      await condition(allHandlersFinished);
      setCurrentDetails('');
      if (notesAtEnd === this.notes.count) return;
      this.notes.tell({ state: 'ended', stuckAt: null, owner: this.owner, act: null }, 'the saga has ended');
      notesAtEnd = this.notes.count;
      await this.notes.delivered();
    }
  }

  /** Shows how the run fares, where that is not what is shown. */
  show(): void {
    this.showDetails();
    const state = this.state();
    const [first] = this.stuckSteps;
    const since = this.parking?.since ?? first?.since ?? null;
    const at = first?.step ?? (state === 'compensating' ? this.awaited?.step : undefined);
    const where = at === undefined ? state : `${state} at ${at}`;
    const shown = this.parking === undefined ? where : `${where} by ${this.parking.operator}`;
    if (shown === this.lastShown) return;
    this.lastShown = shown;
    upsertSearchAttributes([
      { key: stateKey, value: state },
      { key: stepKey, value: at ?? null },
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
    const parked =
      this.parking === undefined || first?.undo === true
        ? undefined
        : {
            step: first?.step ?? null,
            description: 'an operator to resume it',
            since: this.parking.since.toISOString(),
            why: this.parking.reason,
          };
    const stuck = first && {
      step: first.step,
      description: first.description,
      since: first.since.toISOString(),
      why: first.why,
    };
    const state = this.state();
    const awaited = state === 'compensating' ? this.awaited : undefined;
    this.notes.tell({ state, stuckAt: parked ?? stuck ?? awaited ?? null, owner: this.owner, act }, description);
  }

  private state(): SagaState {
    const steps = [...this.stuckSteps];
    if (this.parkedByOperator || steps.some(({ undo }) => undo)) return 'parked';
    if (steps.length > 0) return 'stuck';
    return this.backwards ? 'compensating' : 'running';
  }
}
