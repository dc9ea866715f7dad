import { z } from 'zod';
import { code, playerId } from '../http/shapes.js';

const playerLimit = z
  .strictObject({
    period: z.enum(['ever', 'day', 'week', 'month']),
    limit: z.int(),
    bought: z.int(),
    left: z.int(),
  })
  .meta({ id: 'PlayerLimit' });

/** What is left of a product, as it is answered. */
export const sales = z
  .strictObject({
    product: code,
    version: z.int().meta({ description: 'The version that is published now' }),
    onSale: z
      .boolean()
      .meta({ description: 'Whether it can be bought now: published, and within the time of its sale' }),
    sold: z.int().meta({ description: 'Over all versions. What was refused or turned back is not sold' }),
    left: z.int().optional().meta({ description: 'Of the stock; missing where there is no stock to come to an end' }),
    limits: z.array(playerLimit).optional().meta({
      description: 'Of the player who is asked for. Days, weeks (from Monday on) and months are those of UTC',
    }),
  })
  .meta({ id: 'Sales', examples: [{ product: 'crown', version: 2, onSale: true, sold: 7, left: 3 }] });

/** The query of what is left. */
export const salesQuery = z.strictObject({ player: playerId.optional() });
