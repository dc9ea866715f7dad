import { setImmediate } from 'node:timers/promises';
import type fc from 'fast-check';
import { compact, type Answers, type Closing, type RunOutcome } from '../../contracts/answers.js';
import type { Cause, Exchange } from '../../contracts/nouns.js';
import { workflowCancelled, compensatedBy } from '../../workflows/exchange.rules.js';
import { isLocalAttempt, settleLocally } from './interleaving-local.js';
import type { Act, Fate, Plan, RunPlan } from './interleaving-plans.js';
import { refusalOf, type Acted, type Answer, type Event, type Played, type StartedRun } from './interleaving-record.js';
import type { Deal } from './interleaving-deals.js';
import type { InterleavingWorld, StepName } from './interleaving-world.js';
import { failForGood, WorkflowRun, type Command } from './workflow-double.js';

/** Lets a task's continuation, which is the workflow's next command, be scheduled before the scheduler picks again. */
export const untilQuiet = async (task: () => Promise<void>): Promise<void> => {
  await task();
  await setImmediate();
};

/** Plays one plan in the order that the scheduler picks. Every task is one command on the services, or none. */
export class Interleaving {
  private readonly runs: StartedRun[] = [];
  private readonly events: Event[] = [];
  private readonly acted: Acted[] = [];
  private readonly failures: string[] = [];
  private readonly comeLast: (() => void)[] = [];
  private swept = 0;
  /** What happens besides, at any time. */
  besides: (deals: Deal[]) => { label: string; builder: () => Promise<void> }[] = () => [];

  constructor(
    private readonly world: InterleavingWorld,
    private readonly workflow: (exchanges: Exchange[]) => Promise<Answers<RunOutcome>>,
    private readonly scheduler: fc.Scheduler,
    private readonly plan: Plan,
  ) {}

  async play(): Promise<Played> {
    const { plan } = this;
    const deals = await this.world.accept(plan.deals);
    for (const [number, run] of plan.runs.entries()) {
      const exchanges = run.deals.map((place) => (deals[place] as Deal).exchange);
      this.task(`run ${number} is started`, () => Promise.resolve(this.start(exchanges, run)));
    }
    for (const one of this.besides(deals)) this.task(one.label, one.builder);
    await this.scheduler.waitIdle();
    const quiet = await this.world.look(deals);
    for (const come of this.comeLast) come();
    if (plan.lateStart) {
      for (const [place, { exchange }] of deals.entries())
        this.task('a late start', () =>
          Promise.resolve(this.start([exchange], { deals: [place], fates: [], acts: [] })),
        );
    }
    const more = this.scheduler.count() > 0;
    if (more) await this.scheduler.waitIdle();
    const { runs, events, acted, failures, swept } = this;
    return {
      plan,
      deals,
      runs,
      events,
      acted,
      failures,
      swept,
      payments: this.world.paymentsOf(deals),
      quiet,
      last: more ? await this.world.look(deals) : quiet,
    };
  }

  /**
   * One thing that the scheduler may pick. A sequence of one is the only kind of task whose whole work it waits for.
   */
  private task(label: string, work: () => Promise<void>): void {
    this.scheduler.scheduleSequence([{ label, builder: work }]);
  }

  private start(exchanges: Exchange[], plan: RunPlan): void {
    const number = this.runs.length;
    const workflow = new WorkflowRun<Answers<RunOutcome>>((command) => this.deliver(number, command));
    this.runs.push({ plan, exchanges, workflow, commands: 0, left: new Set(), gaveUp: 0, resolving: false });
    if (plan.early === true) for (const act of plan.acts) this.act(number, act);
    workflow.start(() => this.workflow(exchanges));
    if (plan.early !== true)
      for (const act of plan.acts) this.task(`${act} for run ${number}`, () => Promise.resolve(this.act(number, act)));
  }

  private deliver(number: number, command: Command): void {
    const run = this.runs[number] as StartedRun;
    if (command.step === 'sleep')
      return this.task(`run ${number}: time passes`, () => Promise.resolve(command.answer(undefined)));
    if (isLocalAttempt(command)) return settleLocally(command, (step) => this.deliver(number, step));
    const { leaver } = run.plan;
    const leaving =
      leaver?.at === run.commands && command.list.length > 1 && command.step !== 'waitPurchases'
        ? run.exchanges[leaver.place]?.id
        : undefined;
    const fate = run.plan.fates[run.commands++] ?? 'answers';
    if (command.step === 'startAlone') {
      this.startAlone(number, command, fate);
    } else {
      this.note(number, 'asked', command);
      if (leaving === undefined) this.attempt(number, command, fate);
      else this.answer(number, command, leaving);
    }
    if (run.commands !== run.plan.terminatedAt) return;
    run.workflow.terminate();
    for (const { id } of run.exchanges) this.task(`sweep after run ${number}`, () => this.sweep(id));
  }

  /**
   * The sweep goes by the row alone, and any number of runs are allowed, so it asks nobody whether another one runs.
   */
  private async sweep(id: string): Promise<void> {
    const exchange = await this.world.openExchange(id);
    if (exchange === undefined) return;
    this.swept += 1;
    this.start([exchange], { deals: [], fates: this.plan.sweepFates, acts: [] });
  }

  /** Each exchange that has left is started by itself, and once more where the answer to that is lost. */
  private startAlone(number: number, command: Command, fate: Fate): void {
    this.task(`run ${number}: startAlone`, () => {
      for (const exchange of command.list as Exchange[])
        this.start([exchange], { deals: [], fates: this.plan.sweepFates, acts: [] });
      if (fate === 'loses-its-answer') this.startAlone(number, command, 'answers');
      else command.answer(undefined);
      return Promise.resolve();
    });
  }

  private attempt(number: number, command: Command, fate: Fate): void {
    const { failing } = this.planOf(number);
    if (failing?.step === command.step && !command.local) return this.failForEver(number, command, failing.takesEffect);
    if (failing?.step === command.step || (fate === 'is-given-up' && isTriedFewTimes(command)))
      return this.giveUp(number, command);
    if (fate === 'loses-its-answer' || fate === 'is-given-up') {
      // A run that waits no more makes no second attempt, and one that made the first by itself makes the next by
      // another command.
      const again = (): void =>
        command.local ? failForGood(command) : void (command.over || this.answer(number, command));
      return this.call(
        `run ${number}: ${command.step}, its answer is lost`,
        number,
        command,
        this.parts(number, command)[0] ?? [],
        again,
      );
    }
    this.answer(number, command, undefined, () => {
      if (fate === 'comes-late') this.late(number, command);
      if (fate === 'comes-last') this.comeLast.push(() => this.late(number, command));
    });
  }

  private late(number: number, command: Command): void {
    this.call(`run ${number}: ${command.step}, late`, number, command, command.list, () => undefined);
  }

  /** No attempt answers in time, and the last of them takes effect after all. */
  private giveUp(number: number, command: Command): void {
    this.task(`run ${number}: ${command.step} is given up`, () => {
      if (!command.over && !command.local) (this.runs[number] as StartedRun).gaveUp += 1;
      failForGood(command);
      this.late(number, command);
      return Promise.resolve();
    });
  }

  /**
   * An attempt that answers. A list that is halved takes effect in two tasks, and others may come between them.
   * @param leaving the exchange that the step answers as failed
   */
  private answer(number: number, command: Command, leaving?: string, then: () => void = () => undefined): void {
    const answers: unknown[] = [];
    const next = ([part, ...others]: unknown[][]): void => {
      if (part === undefined) {
        if (!command.over) {
          this.note(number, 'told', command, command.list, answers);
          if (leaving !== undefined && command.list.some((element) => idOf(element) === leaving))
            (this.runs[number] as StartedRun).left.add(leaving);
        }
        command.answer(compact(answers as { id: string }[]));
        return then();
      }
      const done =
        this.planOf(number).leaver?.takesEffect === true ? part : part.filter((element) => idOf(element) !== leaving);
      this.call(`run ${number}: ${command.step}`, number, command, done, (some) => {
        const byId = new Map(some.map((answer) => [idOf(answer), answer]));
        answers.push(
          ...part.map((element) =>
            idOf(element) === leaving ? { id: leaving, outcome: 'failed', error: 'test' } : byId.get(idOf(element)),
          ),
        );
        next(others);
      });
    };
    next(this.parts(number, command));
  }

  private failForEver(number: number, command: Command, takesEffect: boolean): void {
    const again = (): void => void (command.over || this.failForEver(number, command, false));
    if (takesEffect)
      return this.call(`run ${number}: ${command.step}, its answer is lost`, number, command, command.list, again);
    this.task(`run ${number}: ${command.step} fails`, () => {
      this.resolveStuck(number);
      return Promise.resolve(again());
    });
  }

  private resolveStuck(number: number): void {
    const run = this.runs[number] as StartedRun;
    if (run.plan.failing?.resolved !== true || run.resolving) return;
    run.resolving = true;
    this.task(`resolve for run ${number}`, () => Promise.resolve(this.act(number, 'resolve')));
  }

  private call(
    label: string,
    number: number,
    command: Command,
    list: readonly unknown[],
    then: (answers: unknown[]) => void,
  ): void {
    this.task(label, async () => {
      try {
        const answers = await this.world.attempt(command.step as StepName, list);
        this.note(number, 'took effect', command, list, answers);
        // Whoever a payment waits for does something some time, which starts the saga anew.
        if (command.step === 'waitPurchases')
          for (const element of list) this.task('an event', () => this.sweep(idOf(element)));
        then(answers);
      } catch (error) {
        this.failures.push(`${label}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }

  private parts(number: number, { list }: Command): unknown[][] {
    const middle = Math.ceil(list.length / 2);
    return this.planOf(number).halved === true && list.length > 1
      ? [list.slice(0, middle), list.slice(middle)]
      : [[...list]];
  }

  private act(number: number, act: Act): void {
    const run = this.runs[number] as StartedRun;
    const { workflow } = run;
    const operator = `operator-${this.acted.length}`;
    const cause = act === 'cancel' ? workflowCancelled : compensatedBy({ operator, reason: 'test' });
    const acted: Acted = { run: number, act, cause, from: this.events.length, at: 0, outcome: 'unanswered' };
    this.acted.push(acted);
    if (act === 'cancel') return workflow.cancel();
    const told = (outcome: Acted['outcome']): void => void Object.assign(acted, { at: this.events.length, outcome });
    workflow
      .update(
        act === 'resolve' ? 'resolve' : 'compensate',
        act === 'compensate-without-a-reason' ? { operator } : { operator, reason: 'test' },
      )
      .then(
        (closing) => told({ answered: closing as Closing }),
        (error: Error) => {
          told(refusalOf(error));
          if (act === 'resolve') run.resolving = false;
        },
      );
  }

  private planOf(number: number): RunPlan {
    return (this.runs[number] as StartedRun).plan;
  }

  private note(
    run: number,
    what: Event['what'],
    command: Command,
    list = command.list,
    answers: readonly unknown[] = [],
  ): void {
    for (const [place, given] of (list as { id: string; cause?: Cause }[]).entries()) {
      this.events.push({
        run,
        what,
        step: command.step as StepName,
        id: given.id,
        given,
        answer: answers[place] as Answer | undefined,
      });
    }
  }
}

/** What `resolve` does is tried twice, and a step within the workflow task once, before it is dispatched. */
function isTriedFewTimes({ step, local }: Command): boolean {
  return local || step.endsWith('Kept') || step === 'inventoryEndByHand';
}

function idOf(element: unknown): string {
  return (element as { id: string }).id;
}
