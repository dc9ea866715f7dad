import { Injectable } from '@nestjs/common';
import {
  Client,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  WorkflowUpdateStage,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { exchangeWorkflowId } from '../../contracts/nouns.js';
import {
  exchangeSagaWorkflow,
  type ActAnswer,
  type ActResults,
  type OperatorAct,
  type OperatorActName,
} from '../../contracts/sagas.js';
import { VeltrixError } from '../errors.js';
import type { Deal } from '../exchanges/deals.js';
import { ExchangeStarter } from '../exchanges/exchange-starter.service.js';
import { Draining } from '../process/draining.js';
import { isAway } from '../temporal/away.js';
import { deadlineIn } from '../temporal/deadline.js';
import { SearchAttributes } from '../temporal/search-attributes.js';
import { SagaViews } from './saga-views.js';
import { answerOf, answerOfDeal, isRefusal } from './saga-acts.rules.js';
import { answerForTitle, whyForTitle } from './why.rules.js';

/** How long Temporal may take to show that it is there. */
const probeMs = 2_000;

/** How long a run may take to accept an act. Without a worker no act is accepted. */
const acceptMs = 10_000;

/** How long an operator waits for the answer in all. The act goes on without them. */
const answerMs = 25_000;

/** The acts that end the wait of a parked saga. */
const endsWait: ReadonlySet<OperatorActName> = new Set(['resume', 'compensate', 'resolve']);

/** Lets operators steer sagas, by updates of their runs. */
@Injectable()
export class SagaOperator {
  constructor(
    private readonly client: Client,
    private readonly attributes: SearchAttributes,
    private readonly starter: ExchangeStarter,
    private readonly views: SagaViews,
    private readonly draining: Draining,
  ) {}

  /**
   * Does an act on a saga. An act needs no idempotency key: done again, it finds its outcome kept and answers the same.
   * @returns how it was answered, or undefined where the run has let it in and goes on with it
   * @throws VeltrixError `not-found`, a refusal of the act by its code, or `unavailable` where no run could let it in
   */
  async act(title: string, id: string, name: OperatorActName, act: OperatorAct): Promise<ActAnswer | undefined> {
    const until = performance.now() + answerMs;
    const deal = await this.views.deal(title, id);
    const noted = await this.views.noted(title, id);
    // Another run may have closed the deal of a parked run. The parked run ends as soon as its wait is ended.
    const parkedStill = noted?.state === 'parked' && noted.alone && endsWait.has(name);
    if (deal.closedAt !== null && !parkedStill) return answerOfDeal(name, deal);
    const workflowId =
      noted !== undefined && noted.alone && noted.state !== 'ended'
        ? noted.workflowId
        : exchangeWorkflowId(deal.exchange);
    await this.demandTemporal();
    try {
      const update = await this.client.withDeadline(deadlineIn(acceptMs), () =>
        this.letIn(deal, workflowId, name, act),
      );
      return await this.answer(update, name, until);
    } catch (error) {
      throw known(error, new Set([id]));
    }
  }

  /**
   * Tells the operator at once that Temporal is away. An update would go on trying until `acceptMs` are over.
   * @throws VeltrixError `unavailable`
   */
  private async demandTemporal(): Promise<void> {
    const { client } = this;
    const probe = client.withDeadline(deadlineIn(probeMs), () => client.workflowService.getSystemInfo({}));
    const there = await this.draining.within(probe, probeMs).catch(() => undefined);
    if (there === undefined)
      throw new VeltrixError('unavailable', 'Temporal cannot be reached. Nothing was done; send it again.');
  }

  /**
   * Sends an act to a run, and resolves when the run has accepted it. Without a run there is nothing to retry, park or
   * resume. To turn back and to resolve, a run is started together with the act, which comes to the same end.
   * @throws VeltrixError `saga-not-parked` or `saga-not-alone` where the act needs a run and there is none
   */
  private async letIn(
    deal: Deal,
    workflowId: string,
    name: OperatorActName,
    act: OperatorAct,
  ): Promise<WorkflowUpdateHandle<unknown>> {
    try {
      return await this.client.workflow
        .getHandle(workflowId)
        .startUpdate<unknown, [OperatorAct]>(name, { args: [act], waitForStage: WorkflowUpdateStage.ACCEPTED });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      if (name === 'resume')
        throw new VeltrixError('saga-not-parked', `No run settles ${deal.exchange.id} by itself, so none is parked.`);
      if (name === 'retry' || name === 'park') {
        const what = name === 'retry' ? 'try again' : 'park';
        throw new VeltrixError(
          'saga-not-alone',
          `No run settles ${deal.exchange.id} by itself, so there is none to ${what}. ` +
            'It travels with others, or its run is yet to be started.',
        );
      }
    }
    await this.attributes.register();
    return this.client.workflow.startUpdateWithStart(name, {
      args: [act],
      waitForStage: WorkflowUpdateStage.ACCEPTED,
      startWorkflowOperation: new WithStartWorkflowOperation(
        exchangeSagaWorkflow,
        this.starter.startOptions([deal.exchange], exchangeWorkflowId(deal.exchange)),
      ),
    });
  }

  private async answer(
    update: WorkflowUpdateHandle<unknown>,
    name: OperatorActName,
    until: number,
  ): Promise<ActAnswer | undefined> {
    const stop = new AbortController();
    try {
      const result = this.client.withAbortSignal(stop.signal, () => update.result());
      const said = await this.draining.within(result, until - performance.now());
      if (said === undefined) return undefined;
      return answerOf(name, said as ActResults[OperatorActName]);
    } finally {
      stop.abort();
    }
  }
}

/** The answer where a run was terminated or timed out. The sweep starts another one. */
const endedBefore = new VeltrixError('unavailable', 'The run has ended before it answered. Try again.');

/**
 * The error that tells the operator how an update failed; the same error where it is none of Temporal's.
 * @param own the ids that the operator's title knows
 */
function known(error: unknown, own: ReadonlySet<string>): unknown {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (isRefusal(type)) return new VeltrixError(type, answerForTitle({ code: type, detail: message }, own).detail);
    if (type === 'AcceptedUpdateCompletedWorkflow') return endedBefore;
  }
  // Any other failure is not the operator's mistake: the run was cancelled from outside, or cannot go on.
  if (error instanceof WorkflowUpdateFailedError)
    return new VeltrixError(
      'unavailable',
      `The run could not do it: ${whyForTitle(error.cause?.message ?? error.message, own)}`,
    );
  if (error instanceof WorkflowNotFoundError) return endedBefore;
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return new VeltrixError(
      'unavailable',
      'No worker took the act in time. Whether it will be done is not known: look at the saga, or try again.',
    );
  if (isAway(error))
    return new VeltrixError(
      'unavailable',
      'Temporal cannot do it now. Nothing is known to be wrong with the request; send it again.',
    );
  return error;
}
