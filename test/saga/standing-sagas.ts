import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Closing } from '../../contracts/answers.js';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { exchangeOf } from '../../src/trades/trades.rules.js';
import { until } from '../e2e/processes.js';
import { gives, type SagaWorld, type StepName } from './saga-world.js';

export const olga = { operator: 'olga', reason: 'The cure is in.' };
export const oleg = { operator: 'oleg', reason: 'I saw it too.' };

/** A saga of a world that stands at a step, and whom it is between. */
interface Standing {
  exchange: Exchange;
  ended: Promise<Closing[]>;
  buyer: string;
  seller: string;
  sword: string;
}

/** The sagas of a world that are stuck or parked: what is seen of them, and what operators do about them. */
export class StandingSagas {
  constructor(private readonly world: SagaWorld) {}

  handle({ id }: Exchange): WorkflowHandle {
    return this.world.client.workflow.getHandle(`trade/${id}`);
  }

  steer(exchange: Exchange, name: OperatorActName, by = olga): Promise<unknown> {
    return this.handle(exchange).executeUpdate(name, { args: [by] });
  }

  /** What an act is answered: what it came to, or the code of its refusal. */
  async answerTo(exchange: Exchange, name: OperatorActName, by = olga): Promise<unknown> {
    try {
      return await this.steer(exchange, name, by);
    } catch (error) {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return (error.cause as { type?: string }).type;
    }
  }

  async attributesOf(workflowId: string): Promise<Record<string, unknown>> {
    const { typedSearchAttributes } = await this.world.client.workflow.getHandle(workflowId).describe();
    return Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
  }

  async stateOf(workflowId: string): Promise<unknown> {
    return (await this.attributesOf(workflowId))['SagaState'];
  }

  /** The workflows of this world that run and that Temporal lists under a filter. */
  async found(query: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { workflowId } of this.world.client.workflow.list({
      query: `${query} and TaskQueue = '${this.world.config.TASK_QUEUE}' and ExecutionStatus = 'Running'`,
    }))
      ids.push(workflowId);
    return ids;
  }

  /** What is kept of a saga in the operator's view. */
  async view(id: string): Promise<Record<string, unknown> | undefined> {
    const { rows } = await this.world.session.query<Record<string, unknown>>(
      'select state, step, why, owner, workflow_id, alone from sagas.sagas where id = $1',
      [id],
    );
    return rows[0];
  }

  /** The timeline of a saga, in a few words for each of its entries. */
  async trail(id: string): Promise<string[]> {
    const { rows } = await this.world.session.query<{ told: string }>(
      `select case when act is null then state
         when answer_code is null then operator || ' asks to ' || act
         else operator || ' is answered ' || answer_code end as told
       from sagas.timeline where saga = $1 order by number`,
      [id],
    );
    return rows.map(({ told }) => told);
  }

  /** A saga of gold for a sword that is stuck at one of its steps, or parked at one of its undo steps. */
  async stuckAt(failing: StepName, gold = '60', items = true): Promise<Standing> {
    const { buyer, seller, sword } = await this.world.pair();
    const exchange = exchangeOf(
      await this.world.accept(gives(buyer, gold === '0' ? {} : { gold }), gives(seller, {}, items ? [sword] : [])),
    );
    this.world.before = (step) =>
      step === failing ? Promise.reject(new Error(`${step} cannot be made now`)) : Promise.resolve();
    await this.world.starter.start([exchange], `trade/${exchange.id}`);
    await until('it stands', async () =>
      ['stuck', 'parked'].includes(String(await this.stateOf(`trade/${exchange.id}`))),
    );
    const ended = this.handle(exchange).result() as Promise<Closing[]>;
    return { exchange, ended, buyer, seller, sword };
  }

  /** Until the attempt has failed that follows a failed retry at once, which might otherwise meet the cure. */
  waitsAgain(exchange: Exchange): Promise<void> {
    return until(
      'it waits again',
      async () => ((await this.handle(exchange).describe()).raw.pendingActivities?.[0]?.attempt ?? 0) > 1,
    );
  }

  cure(): void {
    this.world.before = () => Promise.resolve();
  }
}
