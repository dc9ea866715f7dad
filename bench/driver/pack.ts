/** What a purchase in real money buys: a pack of gems and one item. */

/** In minor units of `packCurrency`. */
export const packPrice = 499;
export const packCurrency = 'EUR';
/** The gems in it. */
export const packGems = 5;
/** A card that is good, by the provider's name for it. */
export const packCard = 'pm_card_visa';
/** How many products there are, all alike. */
export const packs = 100;

/** The code of the nth of them. */
export function packName(n: number): string {
  return `pack-${n}`;
}

/** One of them, drawn uniformly. */
export function drawnPack(): string {
  return packName(Math.floor(Math.random() * packs));
}
