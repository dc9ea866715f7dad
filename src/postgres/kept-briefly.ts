/** For how long an answer is kept. */
const keepMs = 2_000;
/** How many answers are kept at most. */
const maxAnswers = 10_000;

/**
 * Answers that were loaded lately. They are kept so briefly that a change by another process is seen within two
 * seconds. That there is nothing is an answer too, so guesses cost the database little.
 */
export class KeptBriefly<V> {
  private readonly kept = new Map<string, { answer: Promise<V>; until: number }>();

  constructor(private readonly load: (key: string) => Promise<V>) {}

  /**
   * The answer for this key. Those who ask for one at the same moment share one load.
   * @throws what the load throws; that is not kept
   */
  find(key: string): Promise<V> {
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.until > performance.now()) return kept.answer;
    if (this.kept.size >= maxAnswers) this.kept.clear();
    const answer = this.load(key);
    const entry = { answer, until: performance.now() + keepMs };
    this.kept.set(key, entry);
    answer.catch(() => {
      if (this.kept.get(key) === entry) this.kept.delete(key);
    });
    return answer;
  }

  /** Loads the answer the next time. */
  forget(key: string): void {
    this.kept.delete(key);
  }
}
