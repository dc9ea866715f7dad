/*
 * What stands in for `@temporalio/workflow` where a test decides in which order things happen, which no Temporal server
 * can be told. It does what the SDK does as far as the sagas use it: a tree of cancellation scopes, activities that are
 * commands, updates with validators, conditions. Every run has a context of its own, which follows its code through
 * every await.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
} from '@temporalio/common';

/** An activity that a workflow waits for. */
export interface Command {
  readonly step: string;
  readonly list: readonly unknown[];
  /** What it is given beside the list. */
  readonly more: readonly unknown[];
  /** Whether it is an attempt that is made within the workflow task. */
  readonly local: boolean;
  /** Lets the workflow go on. It does nothing where the workflow has ceased to wait. */
  answer(answers: unknown): void;
  /** Has it fail for the workflow, as when none of its attempts may be the next. */
  fail(error: Error): void;
  /** Whether nobody waits any more: it was answered or cancelled, or its run is over. */
  readonly over: boolean;
}

interface Place {
  run: WorkflowRun<unknown>;
  scope: CancellationScope;
}

const places = new AsyncLocalStorage<Place>();

function here(): Place {
  const place = places.getStore();
  if (place === undefined) throw new Error('This is for the code of a workflow.');
  return place;
}

/**
 * A scope as the SDK has it: a parent's cancellation reaches its children through promises, and a scope that cannot be
 * cancelled shields what is in it.
 */
export class CancellationScope {
  readonly cancellable: boolean;
  readonly cancelRequested: Promise<never>;
  private requested = false;
  private reject!: (error: CancelledFailure) => void;

  /** @param options `parent` is the scope that is current unless it is said otherwise, and null for the root */
  constructor({
    cancellable = true,
    parent = here().scope,
  }: { cancellable?: boolean; parent?: CancellationScope | null } = {}) {
    this.cancellable = cancellable;
    this.cancelRequested = new Promise<never>((_, reject) => {
      this.reject = (error) => {
        this.requested = true;
        reject(error);
      };
    });
    this.cancelRequested.catch(() => undefined);
    if (parent === null || !parent.cancellable) return;
    this.requested = parent.requested;
    parent.cancelRequested.catch((error: CancelledFailure) => this.reject(error));
  }

  get consideredCancelled(): boolean {
    return this.requested && this.cancellable;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return places.run({ run: here().run, scope: this }, async () => work());
  }

  cancel(): void {
    this.reject(new CancelledFailure('The scope was cancelled.'));
  }

  static current(): CancellationScope {
    return here().scope;
  }

  static nonCancellable<T>(work: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: false }).run(work);
  }
}

interface UpdateHandler {
  handler: (argument: unknown) => Promise<unknown>;
  validator: ((argument: unknown) => void) | undefined;
}

/** An update that never got into the run: its validator refused it, or the run was over. */
export class UpdateNotAdmitted extends Error {}

/** One run of a workflow. */
export class WorkflowRun<T> {
  state: 'running' | 'completed' | 'failed' | 'terminated' = 'running';
  result: T | undefined;
  error: unknown;
  readonly handlers = new Map<string, UpdateHandler>();
  /**
   * Updates that came before the first line of the workflow, which then gets each as soon as it has a handler for it.
   */
  readonly early: { name: string; handle: () => void }[] = [];
  readonly conditions = new Set<{ holds: () => boolean; resolve: () => void }>();
  /** The updates that are under way, by what fails them: a run that ends leaves them without an answer. */
  readonly updates = new Set<(error: Error) => void>();
  private started = false;
  private readonly root = new CancellationScope({ parent: null });

  /** @param deliver is given every command that the run makes */
  constructor(readonly deliver: (command: Command) => void) {}

  start(workflow: () => Promise<T>): void {
    this.started = true;
    this.inside(workflow).then(
      (result) => this.end('completed', () => (this.result = result)),
      (error: unknown) => this.end('failed', () => (this.error = error)),
    );
  }

  private end(state: 'completed' | 'failed', keep: () => void): void {
    if (this.state !== 'running') return;
    this.state = state;
    keep();
    for (const fail of this.updates) fail(new Error('The run ended before it had answered.'));
  }

  /** Asks the run to end, as a client does. */
  cancel(): void {
    this.root.cancel();
  }

  /** Ends the run as a crash would: nothing in it ever goes on. */
  terminate(): void {
    this.state = 'terminated';
  }

  /**
   * Sends an update and waits for its answer, which never comes if the run is terminated before.
   * @throws UpdateNotAdmitted if it is not let in
   */
  update(name: string, argument: unknown): Promise<unknown> {
    if (this.started) return this.handle(name, argument);
    return new Promise((resolve, reject) =>
      this.early.push({ name, handle: () => void this.handle(name, argument).then(resolve, reject) }),
    );
  }

  private handle(name: string, argument: unknown): Promise<unknown> {
    return this.inside(async () => {
      const update = this.handlers.get(name);
      if (this.state !== 'running' || update === undefined) throw new UpdateNotAdmitted('The run is over.');
      try {
        update.validator?.(argument);
      } catch (error) {
        throw new UpdateNotAdmitted(error instanceof Error ? error.message : String(error));
      }
      let fail: (error: Error) => void = () => undefined;
      const ended = new Promise<never>((_, reject) => (fail = reject));
      this.updates.add(fail);
      try {
        return await Promise.race([update.handler(argument), ended]);
      } finally {
        this.updates.delete(fail);
        for (const condition of this.conditions) if (condition.holds()) condition.resolve();
      }
    });
  }

  private inside<R>(work: () => Promise<R>): Promise<R> {
    return places.run({ run: this as WorkflowRun<unknown>, scope: this.root }, work);
  }
}

/**
 * Makes one command. In a scope that is cancelled it is rejected at once, as the cancellation type TRY_CANCEL says,
 * and nobody recalls an attempt that is under way.
 */
function execute(step: string, [list, ...more]: [readonly unknown[], ...unknown[]], local: boolean): Promise<unknown> {
  const { run, scope } = here();
  return new Promise((resolve, reject) => {
    if (run.state !== 'running') return;
    if (scope.consideredCancelled) {
      scope.cancelRequested.catch(reject);
      return;
    }
    let settled = false;
    const once = (settle: () => void): void => {
      if (settled || run.state !== 'running') return;
      settled = true;
      settle();
    };
    if (scope.cancellable) scope.cancelRequested.catch((error: unknown) => once(() => reject(error)));
    run.deliver({
      step,
      list,
      more,
      local,
      answer: (answers) => once(() => resolve(answers)),
      fail: (error) => once(() => reject(error)),
      get over() {
        return settled || run.state !== 'running';
      },
    });
  });
}

/** How a run shows itself is not part of the protocol, so what tells of it answers at once. */
const tells = new Set(['noteSaga', 'markTrades']);

const proxy = (local: boolean): object =>
  new Proxy(
    {},
    {
      get: (_, step: string) => ({
        executeWithOptions: (_options: unknown, given: [readonly unknown[], ...unknown[]]) =>
          tells.has(step) ? Promise.resolve() : execute(step, given, local),
      }),
    },
  );

/** What a workflow finds when it imports `@temporalio/workflow`. */
export const workflowModule = {
  ActivityCancellationType,
  CancellationScope,
  proxyActivities: () => proxy(false),
  proxyLocalActivities: () => proxy(true),
  workflowInfo: () => ({ taskQueue: 'interleavings', workflowId: 'interleavings', runId: 'interleavings' }),
  setCurrentDetails: () => undefined,
  upsertSearchAttributes: () => undefined,
  isCancellation: (error: unknown) =>
    error instanceof CancelledFailure || (error instanceof ActivityFailure && error.cause instanceof CancelledFailure),
  defineUpdate: (name: string) => ({ name }),
  setHandler: (
    { name }: { name: string },
    handler: UpdateHandler['handler'],
    { validator }: { validator?: UpdateHandler['validator'] } = {},
  ) => {
    const { run } = here();
    run.handlers.set(name, { handler, validator });
    const early = run.early.splice(0);
    run.early.push(...early.filter((update) => update.name !== name));
    for (const update of early) if (update.name === name) update.handle();
  },
  allHandlersFinished: () => here().run.updates.size === 0,
  // What is shorter than a look at a broken protocol is over when the scheduler says so.
  sleep: (ms: number) => (ms < 60_000 ? execute('sleep', [[]], false) : new Promise(() => undefined)),
  condition: (holds: () => boolean): Promise<void> => {
    const { run, scope } = here();
    return new Promise((resolve, reject) => {
      if (scope.cancellable) scope.cancelRequested.catch(reject);
      if (holds()) return resolve();
      run.conditions.add({ holds: AsyncLocalStorage.bind(holds), resolve });
    });
  },
};

/** Fails a command as one whose attempts have all failed. */
export function failForGood({ step, fail: end }: Command): void {
  end(
    new ActivityFailure(
      step,
      step,
      '1',
      RetryState.MAXIMUM_ATTEMPTS_REACHED,
      'test',
      ApplicationFailure.retryable('test'),
    ),
  );
}
