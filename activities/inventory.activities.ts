import type { InventoryService } from '../src/inventory/inventory.service.js';
import type { ResolveActivities, StepActivities, UndoActivities } from '../contracts/activities.js';
import { asStepAnswers } from './step-answers.js';

/** The activities of the inventory, by the task queue that they are on. */
interface InventoryActivities {
  steps: Pick<StepActivities, 'inventoryHold' | 'inventoryMove'>;
  undo: Pick<UndoActivities, 'inventoryRelease'> & Pick<ResolveActivities, 'inventoryKept' | 'inventoryEndByHand'>;
}

/**
 * The inventory's part in a saga. Each activity is one command of the service, whose list is halved where it fails. A
 * local attempt makes steps only and gives them its `stop`; the other activities run without one.
 */
export function inventoryActivities(inventory: InventoryService): InventoryActivities {
  return {
    steps: {
      inventoryHold: (exchanges, stop) =>
        asStepAnswers(
          exchanges,
          (some) =>
            inventory.hold(
              some.map(({ id, title, moves, mints }) => ({
                exchange: id,
                title,
                moves,
                ...(mints !== undefined && { mints }),
              })),
            ),
          stop,
        ),
      inventoryMove: (exchanges, stop) =>
        asStepAnswers(
          exchanges,
          (some) => inventory.move(some.map(({ id, title }) => ({ exchange: id, title }))),
          stop,
        ),
    },
    undo: {
      inventoryRelease: (exchanges) =>
        asStepAnswers(exchanges, (some) =>
          inventory.release(some.map(({ id, title, cause }) => ({ exchange: id, title, cause }))),
        ),
      inventoryKept: (exchanges) =>
        asStepAnswers(exchanges, (some) => inventory.kept(some.map(({ id, title }) => ({ exchange: id, title })))),
      inventoryEndByHand: (exchanges) =>
        asStepAnswers(exchanges, (some) =>
          inventory.endByHand(some.map(({ id, title, booked }) => ({ exchange: id, title, booked }))),
        ),
    },
  };
}
