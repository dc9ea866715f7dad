import type { Check, Part } from './checks.types.js';

/** How many parts are kept that were looked at before their turn, and with how many findings at most. */
const [partsAhead, findingsAhead] = [250, 20_000];

/** A part of a run: its check, by its number in the order of the run, and the place behind which it begins. */
interface PartPlace {
  check: number;
  after: string | null;
}

/**
 * Looks at the parts of a run in their order. While it is at one check it looks at the checks behind it as well, so
 * that two parts are looked at at the same time. A part is the same whenever it is looked at, because the run has cut
 * the databases.
 */
export class LookAhead<Of extends Part = Part> {
  /** What was looked at before its turn. */
  private readonly parts = new Map<string, { check: number; look: Promise<Of> }>();
  private findings = 0;
  /** The check whose turn it is, and what is looked at next before its turn. */
  private turn = -1;
  private ahead: PartPlace = { check: 0, after: null };
  private walk: Promise<void> | undefined;
  private goesAhead = true;
  private isResting = false;
  private hasFailed = false;

  /**
   * @param checks the checks of the run in their order; undefined for one that this release does not have
   * @param lookAt looks at one part
   */
  constructor(
    private readonly checks: readonly (Pick<Check, 'writes'> | undefined)[],
    private readonly lookAt: (place: PartPlace) => Promise<Of>,
  ) {}

  /**
   * Looks at the part whose turn it is, unless that was done before.
   * @param goesAhead whether the checks behind it are looked at meanwhile
   * @throws what the look throws
   */
  async part(place: PartPlace, goesAhead = true): Promise<Of> {
    const known = this.take(keyOf(place));
    if (this.isResting) [this.isResting, this.hasFailed] = [false, false];
    this.turn = place.check;
    this.goesAhead = goesAhead;
    // Another process may have gone on with the run meanwhile.
    for (const [key, { check }] of this.parts) if (check < place.check) void this.take(key);
    this.walk ??= this.walkOn().finally(() => (this.walk = undefined));
    return known ?? this.lookAt(place);
  }

  /** Resolves when nothing is looked at any more. What was looked at stays for when the run goes on. */
  async rest(): Promise<void> {
    this.isResting = true;
    await this.walk;
  }

  private take(key: string): Promise<Of> | undefined {
    const look = this.parts.get(key)?.look;
    if (this.parts.delete(key))
      void look?.then(
        ({ findings }) => (this.findings -= findings.length),
        () => undefined,
      );
    return look;
  }

  private async walkOn(): Promise<void> {
    for (let place = this.next(); place !== undefined; place = this.next()) {
      const { check } = place;
      const look = this.lookAt(place);
      this.parts.set(keyOf(place), { check, look });
      try {
        const { next, findings } = await look;
        this.findings += findings.length;
        this.ahead = next === null ? { check: check + 1, after: null } : { check, after: next };
      } catch {
        // It is looked at again in its turn, and fails where somebody is told.
        this.parts.delete(keyOf(place));
        this.hasFailed = true;
      }
    }
  }

  /** What may be looked at before its turn; undefined where there is nothing for now. */
  private next(): PartPlace | undefined {
    if (this.ahead.check <= this.turn) this.ahead = { check: this.turn + 1, after: null };
    const upTo = this.checks.slice(this.turn, this.ahead.check + 1);
    const isThere =
      this.ahead.check < this.checks.length && upTo.every((check) => check !== undefined && check.writes !== true);
    const hasRoom = this.parts.size < partsAhead && this.findings < findingsAhead;
    const mayGo = this.goesAhead && !this.isResting && !this.hasFailed && hasRoom;
    return isThere && mayGo ? this.ahead : undefined;
  }
}

function keyOf({ check, after }: PartPlace): string {
  return `${check} ${after ?? ''}`;
}
