import type { Mint } from '../../contracts/nouns.js';
import type { Refusal } from '../errors.js';
import type { CountChange, StoredItem } from './inventory.types.js';
import { keyInTitle } from './key-in-title.js';

/*
 * What may be minted of items. A limited item counts the instances that were issued, and those that open holds have
 * reserved; both together never pass its limit. Serials are given when an instance is issued, one after the other, so
 * a reservation that is given back leaves no gap.
 */

/** The items of a list of commands. What one element takes of a limited item, the later ones find gone. */
export class Editions {
  private readonly changes = new Map<string, CountChange>();

  /** @param items the items that the list names and that are defined, by `keyInTitle` */
  constructor(private readonly items: ReadonlyMap<string, StoredItem>) {}

  /** Why not all of these can be minted, or undefined. */
  refusal(title: string, mints: readonly Pick<Mint, 'item'>[]): Refusal | undefined {
    for (const [code, count] of countsOf(mints)) {
      const item = this.items.get(keyInTitle(title, code));
      if (item === undefined) return { code: 'unknown-item', detail: `There is no item ${code}.` };
      if (item.retired)
        return { code: 'item-retired', detail: `The item ${code} is retired; no more of it is minted.` };
      if (item.limit !== null && this.taken(item) + count > item.limit)
        return {
          code: 'item-sold-out',
          detail: `Of the item ${code} at most ${item.limit} are ever minted, and ${this.taken(item)} are taken.`,
        };
    }
    return undefined;
  }

  /** Sets these aside, to be issued or given back later. */
  reserve(title: string, mints: readonly Pick<Mint, 'item'>[]): void {
    for (const [code, count] of countsOf(mints)) this.change(title, code, { issued: 0, reserved: count });
  }

  /** Gives back what was reserved. */
  giveBack(title: string, mints: readonly Pick<Mint, 'item'>[]): void {
    for (const [code, count] of countsOf(mints)) this.change(title, code, { issued: 0, reserved: -count });
  }

  /**
   * Issues one instance.
   * @param reserved whether it was reserved before
   * @returns its serial, or null if the item has no limit
   */
  issue(title: string, code: string, reserved: boolean): number | null {
    const change = this.change(title, code, { issued: 1, reserved: reserved ? -1 : 0 });
    return change === undefined ? null : this.stored(title, code).issued + change.issued;
  }

  /** What is to be written. */
  get counts(): CountChange[] {
    return [...this.changes.values()].filter(({ issued, reserved }) => issued !== 0 || reserved !== 0);
  }

  private taken(item: StoredItem): number {
    const change = this.changes.get(keyInTitle(item.title, item.code));
    return item.issued + item.reserved + (change?.issued ?? 0) + (change?.reserved ?? 0);
  }

  /** @returns undefined if the item has no limit, because nothing is counted then */
  private change(title: string, code: string, by: Pick<CountChange, 'issued' | 'reserved'>): CountChange | undefined {
    if (this.stored(title, code).limit === null) return undefined;
    const key = keyInTitle(title, code);
    const change = this.changes.get(key) ?? { title, item: code, issued: 0, reserved: 0 };
    change.issued += by.issued;
    change.reserved += by.reserved;
    this.changes.set(key, change);
    return change;
  }

  private stored(title: string, code: string): StoredItem {
    const item = this.items.get(keyInTitle(title, code));
    if (item === undefined) throw new Error(`The item ${code} is to be minted and was not read.`);
    return item;
  }
}

/**
 * Whether an item can be given a limit. One that is limited can only be limited more, because its owners have been told
 * how many there will be; one that is not has instances without a serial.
 * @param taken how many are minted or reserved
 */
export function canHaveLimit(now: number | null, taken: number, wanted: number | null): boolean {
  if (now === wanted) return true;
  return now !== null && wanted !== null && wanted < now && wanted >= taken;
}

function countsOf(mints: readonly Pick<Mint, 'item'>[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { item } of mints) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}
