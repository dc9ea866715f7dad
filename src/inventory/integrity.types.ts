/** How many instances of an item there are: ever minted and burned as kept, owned and held as they are. */
export interface ItemCounts {
  item: string;
  /** Where it stands in the list of items, which is ordered by it. */
  sequence: string;
  minted: bigint;
  burned: bigint;
  owned: bigint;
  held: bigint;
}

/** What is counted of a title, all of it from one snapshot. */
export interface TitleCounts {
  at: Date;
  /** Newest first. */
  items: ItemCounts[];
}
