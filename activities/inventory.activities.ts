import type { InventoryService } from '../src/inventory/inventory.service.js';
import type { StepActivities, UndoActivities } from '../workflows/contracts.js';
import { isolated } from './isolate.js';

type InventoryActivities = Pick<StepActivities, 'inventoryHold' | 'inventoryMove'> & Pick<UndoActivities, 'inventoryRelease'>;

/** The inventory's part in a saga. Each activity is one call of the service. */
export function inventoryActivities(inventory: InventoryService): InventoryActivities {
  return {
    inventoryHold: (exchanges) => isolated(exchanges, (some) => inventory.hold(some.map(({ id, title, moves }) => ({ exchange: id, title, moves })))),
    inventoryMove: (exchanges) => isolated(exchanges, (some) => inventory.move(some.map(({ id, title }) => ({ exchange: id, title })))),
    inventoryRelease: (exchanges) => isolated(exchanges, (some) => inventory.release(some.map(({ id, title, cause }) => ({ exchange: id, title, cause })))),
  };
}
