import type { Check, Part } from './checks.types.js';

/** How many parts are kept that were looked at before their turn. */
const partsAhead = 24;

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
  private readonly parts = new Map<string, Promise<Of>>();
  /** The check whose turn it is, and what is looked at next before its turn. */
  private turn = -1;
  private ahead: PartPlace = { check: 0, after: null };
  private walk: Promise<void> | undefined;
  private goesAhead = true;
  private hasEnded = false;

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
    const key = keyOf(place);
    const known = this.parts.get(key);
    this.parts.delete(key);
    this.turn = place.check;
    this.goesAhead = goesAhead;
    this.walk ??= this.walkOn().finally(() => (this.walk = undefined));
    return known ?? this.lookAt(place);
  }

  /** Resolves when nothing is looked at any more. */
  async end(): Promise<void> {
    this.hasEnded = true;
    await this.walk;
  }

  private async walkOn(): Promise<void> {
    for (let place = this.next(); place !== undefined; place = this.next()) {
      const { check } = place;
      const looking = this.lookAt(place);
      this.parts.set(keyOf(place), looking);
      try {
        const { next } = await looking;
        this.ahead = next === null ? { check: check + 1, after: null } : { check, after: next };
      } catch {
        // It is looked at again in its turn, and fails where somebody is told.
        this.parts.delete(keyOf(place));
        this.hasEnded = true;
      }
    }
  }

  /** What may be looked at before its turn; undefined where there is nothing for now. */
  private next(): PartPlace | undefined {
    if (this.ahead.check <= this.turn) this.ahead = { check: this.turn + 1, after: null };
    const upTo = this.checks.slice(this.turn, this.ahead.check + 1);
    const isThere =
      this.ahead.check < this.checks.length && upTo.every((check) => check !== undefined && check.writes !== true);
    const mayGo = this.goesAhead && !this.hasEnded && this.parts.size < partsAhead;
    return isThere && mayGo ? this.ahead : undefined;
  }
}

function keyOf({ check, after }: PartPlace): string {
  return `${check} ${after ?? ''}`;
}
