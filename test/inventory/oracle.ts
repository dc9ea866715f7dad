import type { HoldEndOutcome, HoldOutcome } from '../../contracts/answers.js';
import type { Cause, Move } from '../../contracts/nouns.js';
import type { StoredInstance } from '../../src/inventory/inventory.types.js';

/**
 * The oracle: one exchange at a time, told as a story and not as a table. What hold said first stays what hold says;
 * what release or move said first stays what both say. A move with `instead` is never why an exchange is refused.
 */
export class Oracle {
  readonly owner = new Map<string, string>();
  private readonly holder = new Map<string, string>();
  private readonly holdSaid = new Map<string, HoldOutcome>();
  private readonly endSaid = new Map<string, HoldEndOutcome>();
  private readonly held = new Map<string, Move[]>();

  constructor(private readonly instances: StoredInstance[]) {
    for (const one of instances) this.owner.set(one.id, one.owner);
  }

  hold(id: string, moves: Move[]): string {
    const end = this.endSaid.get(id);
    const before = this.holdSaid.get(id);
    if (before === undefined && end !== undefined) return this.word(end);
    const now = before ?? this.tryHold(id, moves);
    this.holdSaid.set(id, now);
    return this.word(now);
  }

  private tryHold(id: string, moves: Move[]): HoldOutcome {
    const strict = moves.filter(({ instead }) => instead === undefined);
    const wrong = strict.map((move) => this.wrong(move)).find((code) => code !== undefined);
    if (wrong !== undefined) return { id, outcome: 'refused', cause: { code: wrong, detail: '' } };
    const isGone = (move: Move): boolean => ![undefined, 'item-not-tradeable'].includes(this.wrong(move));
    const missing = moves.filter(isGone).map(({ instance }) => instance);
    const held = moves.filter(({ instance }) => !missing.includes(instance));
    this.held.set(id, held);
    for (const move of held) this.holder.set(move.instance, id);
    return { id, outcome: 'ok', ...(missing.length > 0 && { missing }) };
  }

  private wrong(move: Move): string | undefined {
    const found = this.instances.find((one) => one.id === move.instance);
    if (!found) return 'item-not-found';
    if (found.state === 'burned') return 'item-burned';
    if (this.owner.get(move.instance) !== move.from) return 'item-not-owned';
    if (this.holder.has(move.instance)) return 'item-held';
    return found.tradeable ? undefined : 'item-not-tradeable';
  }

  end(id: string, how: 'released' | 'moved', why: Cause): string {
    const hold = this.holdSaid.get(id);
    if (hold?.outcome === 'refused') return this.word(hold);
    const before = this.endSaid.get(id);
    if (before !== undefined) return this.word(before);
    for (const move of this.held.get(id) ?? []) {
      this.holder.delete(move.instance);
      if (how === 'moved') this.owner.set(move.instance, move.to);
    }
    const outcome = hold === undefined ? 'tombstone' : how;
    const now: HoldEndOutcome = outcome === 'moved' ? { id, outcome } : { id, outcome, cause: why };
    this.endSaid.set(id, now);
    return this.word(now);
  }

  word(said: HoldOutcome | HoldEndOutcome): string {
    const missing = 'missing' in said ? (said.missing ?? []) : [];
    return [said.id, said.outcome, 'cause' in said ? said.cause.code : '', ...missing].join(' ');
  }
}
