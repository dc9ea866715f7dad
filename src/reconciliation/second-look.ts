import type { DataSource, EntityManager } from 'typeorm';
import { readHead } from './chain-head.reads.js';
import type { Check, Look, Part } from './checks.types.js';
import {
  insertConfirmed,
  insertUnsure,
  insertUnsureBehind,
  noteAgainFrom,
  readPlaces,
  readStrangers,
} from './confirmed.statements.js';
import { verifyChain } from './content.reads.js';
import type { Confirmed, StoredRun } from './runs.types.js';
import { notHere, reasonOf, tooLong } from './unreadable.rules.js';

/** What a run does by itself, beside the checks of its kind. It does so part by part, as it makes those. */
export const ownParts = { chain: 'chain', again: 'again' } as const;

/** How many places are looked at again together, and how many links of the chain are verified. */
const [placesOfPart, linksOfPart] = [500, 50n];

/** A part, with what is to be kept of it beside its findings. */
export interface OwnPart extends Part {
  keep?: (tx: EntityManager) => Promise<void>;
}

/** The second look of a run at all that was found, and its look at the chain of the runs before it. */
export class SecondLook {
  constructor(
    private readonly main: DataSource,
    private readonly checks: readonly Check[],
  ) {}

  /**
   * Looks again at some places of one check: at what the run has found, and at the cases that are open. What is found
   * twice is kept for the end of the run. Of a check that another release has it says that it cannot look again.
   * @param after null for the first part
   * @throws what PostgreSQL throws, unless the check cannot read a side, or takes too long for it
   */
  async again(run: StoredRun, look: Look, after: string | null): Promise<OwnPart> {
    const [first] = this.checks;
    if (first === undefined) return { findings: [], looked: {}, next: null };
    const [name, behind] = after === null ? [first.name, ''] : (JSON.parse(after) as [string, string]);
    // What is opened from now on was not looked at by this run.
    const head = after === null ? ((await readHead(this.main.manager))?.chain ?? 0n) : undefined;
    const at = this.checks.findIndex((one) => one.name === name);
    const check = this.checks[at];
    // Where another release has come to a check that this one does not have, this one looks at its own from the first.
    const following = this.checks[at + 1];
    const nextCheck = following === undefined ? null : JSON.stringify([following.name, '']);
    const part =
      check === undefined
        ? { findings: [], looked: {}, next: nextCheck }
        : await this.againAt(run, look, { check, behind, nextCheck });
    const known = this.checks.map((one) => one.name);
    const strangers = part.next === nextCheck ? await readStrangers(this.main.manager, run, known) : [];
    return {
      ...part,
      reasons: [...(part.reasons ?? []), ...strangers.map(notHere)],
      keep: async (tx) => {
        if (head !== undefined) await noteAgainFrom(tx, run.id, head);
        await part.keep?.(tx);
        for (const stranger of strangers) await insertUnsureBehind(tx, run, { check: stranger, behind: '' });
      },
    };
  }

  private async againAt(
    run: StoredRun,
    look: Look,
    { check, behind, nextCheck }: { check: Check; behind: string; nextCheck: string | null },
  ): Promise<OwnPart> {
    const { name } = check;
    const places = await readPlaces(this.main.manager, run, { check: name, behind, limit: placesOfPart });
    const part = { findings: [], looked: {} };
    try {
      const found = places.length === 0 ? [] : await check.again(look, places);
      const unsure = places.length === 0 ? [] : ((await check.unsure?.(look, places)) ?? []);
      const confirmed = found.map((one): Confirmed => ({ ...one, check: name }));
      const last = places.at(-1) ?? behind;
      return {
        ...part,
        next: places.length < placesOfPart ? nextCheck : JSON.stringify([name, last]),
        keep: async (tx) => {
          await insertConfirmed(tx, run.id, look.now, confirmed);
          await insertUnsure(tx, run.id, name, unsure);
        },
      };
    } catch (error) {
      return {
        ...part,
        reasons: [reasonOf(name, error, tooLong)],
        next: nextCheck,
        keep: (tx) => insertUnsureBehind(tx, run, { check: name, behind }),
      };
    }
  }

  /** Looks whether some runs of the chain are as they were when they finished. A run of history looks at them all. */
  async chain(after: string | null): Promise<Part> {
    const from = after === null ? 1n : BigInt(after);
    const { altered, last } = await verifyChain(this.main.manager, from, { until: from + linksOfPart - 1n });
    return {
      findings: [],
      looked: {},
      reasons: altered.map(({ id, what }) => ({ code: 'broken-chain', detail: `${id}: ${what}.`, title: null })),
      next: last === null ? null : (last + 1n).toString(),
    };
  }
}

/** Has a run clear no case: it is as if all of them were opened after it began to look again. */
export async function clearsNothing(tx: EntityManager, run: string): Promise<void> {
  await noteAgainFrom(tx, run, 0n);
}
