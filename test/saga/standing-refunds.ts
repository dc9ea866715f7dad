import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { OperatorActName } from '../../contracts/sagas.js';
import { until } from '../e2e/processes.js';
import { acceptRefund, type RefundDeal, type Refunded } from './refund-kinds.js';
import type { SagaWorld, StepName } from './saga-world.js';
import { olga } from './standing-sagas.js';

/** Starts the run of a refund, and waits until it stands at a step, which may have taken effect. */
export async function standAt(
  world: SagaWorld,
  failing: StepName,
  refunded: Refunded = {},
  takesEffect = false,
): Promise<RefundDeal> {
  const deal = await acceptRefund(world, refunded);
  await restAt(world, deal, failing, takesEffect);
  return deal;
}

/** Starts the run of a refund that is accepted, as standAt does. */
export async function restAt(
  world: SagaWorld,
  deal: RefundDeal,
  failing: StepName,
  takesEffect = false,
): Promise<void> {
  world.reset();
  if (takesEffect) world.failAfter.set(failing, Infinity);
  else
    world.before = (step) =>
      step === failing ? Promise.reject(new Error(`${failing} cannot be made now`)) : Promise.resolve();
  await world.starter.start([deal.exchange], `purchase/${deal.exchange.id}`);
  await until(`it stands at ${failing}`, async () => {
    const { rows } = await world.session.query<{ step: string }>('select step from sagas.sagas where id = $1', [
      deal.exchange.id,
    ]);
    return rows[0]?.step === failing;
  });
}

/** What an act is answered: what it came to, or the code of its refusal. */
export async function act(world: SagaWorld, { exchange: { id } }: RefundDeal, name: OperatorActName): Promise<unknown> {
  try {
    return await world.client.workflow.getHandle(`purchase/${id}`).executeUpdate(name, { args: [olga] });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return (error.cause as { type?: string }).type;
  }
}
