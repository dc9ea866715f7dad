/** How many looks in a row find nobody at work before a run goes on at its full pace. */
const quietLooks = 3;

/** How many times as long as a part has taken a run rests after it, and how long at most. */
const [restShare, longestRestMs] = [3, 3_000];

/**
 * Lets a run give way to work. While others are at work in the database it looks at one part at a time, and rests in
 * between. Else it is as fast as it can be.
 */
export class GiveWay {
  private quiet = quietLooks;

  /** @param othersAtWork whether others are at work now */
  constructor(private readonly othersAtWork: () => Promise<boolean>) {}

  /** Whether others were at work lately. A run that begins has not seen anybody. */
  get isBusy(): boolean {
    return this.quiet < quietLooks;
  }

  /**
   * Looks for others at work, and says how long the run rests.
   * @param tookMs how long the last part has taken
   * @returns milliseconds
   */
  async restAfter(tookMs: number): Promise<number> {
    this.quiet = (await this.othersAtWork()) ? 0 : this.quiet + 1;
    return this.isBusy ? Math.min(tookMs * restShare, longestRestMs) : 0;
  }
}
