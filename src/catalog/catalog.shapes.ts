import { z } from 'zod';
import {
  amount,
  amountOrZero,
  code,
  currency,
  listQuery,
  pageOf,
  sentTimestamp,
  text,
  timestamp,
} from '../http/shapes.js';
import { maxContent } from './products.rules.js';

/** An amount of an asset. */
export const assetAmount = z.strictObject({ asset: code, amount }).meta({ id: 'AssetAmount' });
const itemCount = z.strictObject({ item: code, count: z.int().min(1).max(maxContent) }).meta({ id: 'ItemCount' });
const virtualPrice = z
  .strictObject({ asset: code, amount: amountOrZero })
  .meta({ id: 'VirtualPrice', description: 'Its amount is "0" for a gift' });
const moneyPrice = z.strictObject({ currency, amount }).meta({ id: 'MoneyPrice' });

const list = <T extends z.ZodType>(element: T): z.ZodArray<T> => z.array(element).max(maxContent);

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

const sentContent = z.strictObject({ amounts: list(assetAmount).optional(), items: list(itemCount).optional() }).meta({
  id: 'SentContent',
  description: `1 to ${maxContent} amounts and instances in all, and no asset or item twice`,
});
const sentPrices = z
  .strictObject({ virtual: list(virtualPrice).optional(), money: list(moneyPrice).optional() })
  .meta({ id: 'SentPrices', description: 'At least one price, and none twice for an asset or a currency' });
const sentSaleTime = z
  .strictObject({ from: sentTimestamp.optional(), until: sentTimestamp.optional() })
  .meta({ id: 'SentSaleTime', description: '`until` is after `from`' });

/** The body of a draft. */
export const sentProduct = z
  .strictObject({
    name: text(200),
    content: sentContent,
    prices: sentPrices,
    stock: stock.optional(),
    limits: limits.optional(),
    onSale: sentSaleTime.optional(),
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
    content: z.strictObject({ amounts: z.array(assetAmount), items: z.array(itemCount) }).meta({ id: 'Content' }),
    prices: z.strictObject({ virtual: z.array(virtualPrice), money: z.array(moneyPrice) }).meta({ id: 'Prices' }),
    stock: stock.optional(),
    limits: limits.optional(),
    onSale: z
      .strictObject({ from: timestamp.optional(), until: timestamp.optional() })
      .meta({ id: 'SaleTime' })
      .optional(),
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
