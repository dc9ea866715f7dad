import type { Shop } from './shop.js';
import type { End } from './sides.js';

/** A numbered failure case of purchases in real money. */
export interface Case {
  number: number;
  name: string;
  /** It is about events, so it is made only where the provider sends them. */
  needsEvents?: true;
  /** It waits for the deadline of the buyer. */
  slow?: true;
  /** Does what happens in the shop, which is the case's alone. */
  act(shop: Shop): Promise<unknown>;
  end: End;
  /** Looks at what this case alone has to show, after its four sides were compared. */
  also?(shop: Shop): Promise<unknown>;
}
