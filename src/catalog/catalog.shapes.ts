import { z } from 'zod';
import { amount, code, currency, listQuery, pageOf, sentTimestamp, text, timestamp } from '../http/shapes.js';

/** A virtual price, which may be nothing at all. */
const priceAmount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,17})$/, 'must be a decimal string of 1 to 18 digits without sign, point or leading zero')
  .meta({ id: 'PriceAmount', description: 'Minor units as a decimal string; "0" for a gift', examples: ['250'] });

const assetAmount = z.strictObject({ asset: code, amount }).meta({ id: 'AssetAmount' });
const itemCount = z.strictObject({ item: code, count: z.int().min(1).max(50) }).meta({ id: 'ItemCount' });
const virtualPrice = z.strictObject({ asset: code, amount: priceAmount }).meta({ id: 'VirtualPrice' });
const moneyPrice = z.strictObject({ currency, amount }).meta({ id: 'MoneyPrice' });

const list = <T extends z.ZodType>(element: T): z.ZodArray<T> => z.array(element).max(50);

const stock = z.int().min(0).max(1_000_000_000).meta({ description: 'How many are sold in all, over all versions' });
const limit = z.int().min(1).max(1_000_000);
const limits = z
  .strictObject({
    perPlayer: limit.optional(),
    perPlayerAndDay: limit.optional(),
    perPlayerAndWeek: limit.optional(),
    perPlayerAndMonth: limit.optional(),
  })
  .meta({
    id: 'Limits',
    description:
      'How many a player may buy, over all versions; any number where there is no limit. ' +
      'Days, weeks (from Monday on) and months are those of UTC',
  });

/** The body of a draft. */
export const sentProduct = z
  .strictObject({
    name: text(200),
    content: z.strictObject({ amounts: list(assetAmount).optional(), items: list(itemCount).optional() }),
    prices: z.strictObject({ virtual: list(virtualPrice).optional(), money: list(moneyPrice).optional() }),
    stock: stock.optional(),
    limits: limits.optional(),
    onSale: z.strictObject({ from: sentTimestamp.optional(), until: sentTimestamp.optional() }).optional(),
  })
  .meta({
    id: 'SentProduct',
    examples: [
      {
        name: 'Starter pack',
        content: { amounts: [{ asset: 'gold', amount: '500' }], items: [{ item: 'sword', count: 1 }] },
        prices: { virtual: [{ asset: 'gems', amount: '40' }], money: [{ currency: 'EUR', amount: '499' }] },
        limits: { perPlayer: 1 },
      },
    ],
  });

export const product = z
  .strictObject({
    code,
    version: z.int().meta({ description: 'Counts what was published; that of a draft is the next one', examples: [2] }),
    state: z.enum(['draft', 'published', 'withdrawn', 'superseded']),
    draft: z.int().optional().meta({ description: 'The version that is being written besides this one' }),
    name: z.string(),
    content: z.strictObject({ amounts: z.array(assetAmount), items: z.array(itemCount) }),
    prices: z.strictObject({ virtual: z.array(virtualPrice), money: z.array(moneyPrice) }),
    stock: stock.optional(),
    limits: limits.optional(),
    onSale: z.strictObject({ from: timestamp.optional(), until: timestamp.optional() }).optional(),
    createdAt: timestamp,
    publishedAt: timestamp.optional(),
  })
  .meta({ id: 'Product' });
export const productPage = pageOf(product).meta({ id: 'ProductPage' });

/** The query of the list of products. */
export const productsQuery = listQuery.extend({ state: z.enum(['draft', 'published', 'withdrawn']).optional() });

/** The number of a version in a path. */
export const versionNumber = z
  .string()
  .regex(/^[1-9][0-9]{0,8}$/, 'must be the number of a version')
  .meta({ id: 'VersionNumber', examples: ['1'] });
