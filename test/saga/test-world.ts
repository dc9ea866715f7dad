import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { SagaWorld } from './saga-world.js';

/**
 * Opens a world with its goods for the tests of a file, and forgets between them what each has done to the steps. At
 * the end every asset must sum to zero, and no hold may be open.
 * @param opened is given the world before the first test
 * @param environment settings that differ from the defaults
 */
export function openForTests(
  opened: (world: SagaWorld) => void | Promise<void>,
  environment: Record<string, string> = {},
): void {
  let world: SagaWorld;
  beforeAll(async () => {
    world = await SagaWorld.open({ environment });
    await world.defineGoods();
    await opened(world);
  });
  beforeEach(() => world.reset());
  afterAll(async () => {
    const imbalance = await world.imbalance();
    await world.close();
    expect(imbalance).toEqual({ sums: [], openHolds: 0 });
  });
}
