import type { StepActivities, UndoActivities } from '../workflows/contracts.js';
import type { InventoryService } from '../src/inventory/inventory.service.js';

type InventoryActivities = Pick<StepActivities, 'inventoryHold' | 'inventoryMove'> & Pick<UndoActivities, 'inventoryRelease'>;

/** The inventory's part in a saga. Each activity is one call of the service. */
export function inventoryActivities(inventory: InventoryService): InventoryActivities {
  return {
    inventoryHold: (exchanges) => inventory.hold(exchanges.map(({ id, title, moves }) => ({ exchange: id, title, moves }))),
    inventoryMove: (exchanges) => inventory.move(exchanges.map(({ id, title }) => ({ exchange: id, title }))),
    inventoryRelease: (exchanges) => inventory.release(exchanges.map(({ id, title, cause }) => ({ exchange: id, title, cause }))),
  };
}
