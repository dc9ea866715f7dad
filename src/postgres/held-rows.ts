import { VeltrixError } from '../errors.js';
import { isLockTimeout } from './sql-errors.js';

/** A row that is held for longer than this is not held by our own commands, which follow each other faster. */
const longMs = 1_000;

/** How long a row is held for sure after a command has last found it so, and after how long it is forgotten. */
const [sureMs, forgottenAfterMs] = [5_000, 35_000];

/** How long one command of ours holds its rows most of the time. */
const oneCommandMs = 25;

/** How many rows are waited for one by one, to see whether they are held. */
const mostAskedFor = 8;

/**
 * When what needs a held row is tried again: the first of those who wait, each further one, and the last at most. A try
 * of an exchange costs some ten milliseconds of a processor, so four in a second are a small part of one.
 */
const pause = { firstMs: 3_000, eachMs: 250, mostMs: 30_000 } as const;

/** What is known of a row that somebody else holds. */
interface HeldRow {
  since: number;
  /** When a command has last waited for it in vain. */
  seen: number;
  /** Whether a command of this process waits for it now. */
  awaited: boolean;
  /** The next moment that is given to somebody who is to try again. */
  nextTry: number;
}

/** The error of one element, or of a command, that needs a row that somebody else holds. Nothing was done. */
export function rowHeld(): VeltrixError {
  return new VeltrixError(
    'row-held',
    'Another transaction holds a row that this needs. Nothing was done; send it again a little later.',
  );
}

/** Elements of a list need rows that somebody else holds, so nothing of the list was done. */
export class RowsHeld extends VeltrixError {
  /**
   * @param places the places of the elements in the list
   * @param isLong whether each of their rows has been held for longer than our own commands hold one
   * @param retryMs when the elements are tried again at best, in milliseconds
   */
  constructor(
    readonly places: ReadonlySet<number>,
    readonly isLong: boolean,
    readonly retryMs: number,
  ) {
    const { code, message } = rowHeld();
    super(code, message);
    this.name = 'RowsHeld';
  }
}

/**
 * Finds which of these rows somebody holds now.
 * @param waits false where it must wait for none of them. Else it waits for them as long as a session waits for a lock
 * @returns their names
 * @throws where it has waited in vain, as isLockTimeout says
 */
export type FindHeld = (rows: readonly string[], waits: boolean) => Promise<Iterable<string>>;

/** How a statement of FindHeld ends that locks rows. */
export const lockedHow = (waits: boolean): '' | 'skip locked' => (waits ? '' : 'skip locked');

/**
 * Which rows others hold that a list command needs, as its process has met them. The sessions wait for a lock for a
 * moment only. A list that has waited in vain is told which of its elements need a held row, so that the others can be
 * done without them. From then on an element that needs the row does not wait for it beside others, and no two commands
 * of the process wait for it at once. Who waits for it does so by a statement that holds no other row meanwhile.
 */
export class HeldRows<E> {
  private readonly known = new Map<string, HeldRow>();

  /**
   * @param rowsOf the names of the rows that an element needs, by what the element says alone
   */
  constructor(
    private readonly rowsOf: (element: E) => readonly string[],
    private readonly findHeld: FindHeld,
  ) {}

  /**
   * Runs a list command, which is one transaction.
   * @param waits false where the call must not wait for a row that is known to be held
   * @throws RowsHeld where elements need held rows, and what the command throws; with nothing done
   */
  async run<R>(elements: readonly E[], command: () => Promise<R>, waits = true): Promise<R> {
    const awaited = this.known.size === 0 ? [] : this.admit(elements, waits);
    for (const name of awaited) this.await(name, true);
    try {
      const inTurn = async (): Promise<R> => {
        if (awaited.length > 0) await this.expectFree(elements, awaited);
        return command();
      };
      const answer = await this.untilMet(elements, inTurn, waits);
      for (const name of awaited) this.known.delete(name);
      return answer;
    } finally {
      for (const name of awaited) this.await(name, false);
    }
  }

  private await(name: string, awaited: boolean): void {
    const row = this.known.get(name);
    if (row !== undefined) row.awaited = awaited;
  }

  /** Runs a command, and, where it may wait, once more if the row that it has waited for in vain is free by now. */
  private async untilMet<R>(elements: readonly E[], command: () => Promise<R>, mayRepeat: boolean): Promise<R> {
    try {
      return await command();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const held = await this.met(elements);
      if (held !== undefined) throw held;
      if (!mayRepeat) throw error;
      return this.untilMet(elements, command, false);
    }
  }

  /**
   * @returns the names of the held rows that the call may wait for
   * @throws RowsHeld for the elements that it must not wait for
   */
  private admit(elements: readonly E[], waits: boolean): string[] {
    this.forget();
    const needed = elements.map((element) => this.knownOf(element));
    const areAllHeld = needed.every((rows) => rows.length > 0);
    const mayWait = waits && areAllHeld;
    const refused = needed.map((rows) => rows.some(({ awaited }) => awaited || !mayWait));
    if (refused.includes(true)) throw this.refusal(needed.map((rows, place) => (refused[place] ? rows : [])));
    return [...new Set(elements.flatMap((element) => this.rowsOf(element)))].filter((name) => this.known.has(name));
  }

  /** @throws RowsHeld for the elements that need those of these rows that are held */
  private async expectFree(elements: readonly E[], names: readonly string[]): Promise<void> {
    const refusal = this.noted(elements, names, await this.heldByOthers(names));
    if (refusal !== undefined) throw refusal;
  }

  /** Notes which rows are held that a list has waited for in vain. @returns undefined where none is found */
  private async met(elements: readonly E[]): Promise<RowsHeld | undefined> {
    const names = [...new Set(elements.flatMap((element) => this.rowsOf(element)))];
    return this.noted(elements, names, await this.heldByOthers(names));
  }

  /** Notes which of these rows are held, and that the others are not. @returns undefined where none is held */
  private noted(elements: readonly E[], names: readonly string[], held: ReadonlySet<string>): RowsHeld | undefined {
    const now = performance.now();
    for (const name of names) {
      const row = this.known.get(name);
      if (held.has(name)) {
        const noted = row ?? { since: now, seen: now, awaited: false, nextTry: now };
        this.known.set(name, Object.assign(noted, { seen: now }));
      } else if (row?.awaited === false) this.known.delete(name);
    }
    if (held.size === 0) return undefined;
    const needed = elements.map((element) => this.rowsOf(element).filter((name) => held.has(name)));
    return this.refusal(needed.map((some) => some.flatMap((name) => this.known.get(name) ?? [])));
  }

  /**
   * Which of these rows somebody holds for as long as a session waits. Our own commands hold many for a moment, and one
   * that all need is never seen free. So each is waited for by itself, in the line of those who wait for it.
   */
  private async heldByOthers(rows: readonly string[]): Promise<Set<string>> {
    const taken = [...(await this.findHeld(rows, false))];
    if (taken.length === 0) return new Set();
    await new Promise((resolve) => setTimeout(resolve, oneCommandMs));
    const still = [...(await this.findHeld(taken, false))];
    // So many are held by one who has locked all of them.
    if (still.length > mostAskedFor) return new Set(still);
    const held = new Set<string>();
    for (const name of still) if (await this.isHeld(name)) held.add(name);
    return held;
  }

  private async isHeld(name: string): Promise<boolean> {
    try {
      return [...(await this.findHeld([name], true))].length > 0;
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      return true;
    }
  }

  private refusal(needed: readonly HeldRow[][]): RowsHeld {
    const now = performance.now();
    const rows = [...new Set(needed.flat())];
    for (const row of rows)
      row.nextTry = Math.min(Math.max(now + pause.firstMs, row.nextTry + pause.eachMs), now + pause.mostMs);
    const nextTry = Math.max(...rows.map((row) => row.nextTry));
    return new RowsHeld(
      new Set(needed.flatMap((some, place) => (some.length > 0 ? place : []))),
      needed.every((some) => some.length === 0 || some.some((row) => isHeldForLong(row, now))),
      nextTry - now,
    );
  }

  private knownOf(element: E): HeldRow[] {
    return this.rowsOf(element).flatMap((name) => this.known.get(name) ?? []);
  }

  private forget(): void {
    const now = performance.now();
    for (const [name, row] of this.known)
      if (!row.awaited && now - row.seen > forgottenAfterMs) this.known.delete(name);
  }
}

function isHeldForLong({ since, seen }: HeldRow, now: number): boolean {
  return now - since > longMs && now - seen < sureMs;
}

/**
 * Runs a list command without the elements that need held rows. Once the others are done, these are run by themselves:
 * a list does not wait for a row that is known to be held, and it may be free by now.
 * @param held is told each element that was left out
 * @returns the answers for what was done
 */
export async function besideHeld<E, R>(
  elements: readonly E[],
  run: (some: readonly E[]) => Promise<R>,
  held: (element: E, error: RowsHeld) => void,
): Promise<R[]> {
  if (elements.length === 0) return [];
  try {
    return [await run(elements)];
  } catch (error) {
    if (!(error instanceof RowsHeld)) throw error;
    const [these, others] = [true, false].map((are) =>
      elements.filter((_, place) => error.places.has(place) === are),
    ) as [E[], E[]];
    if (others.length > 0) return [...(await besideHeld(others, run, held)), ...(await besideHeld(these, run, held))];
    for (const element of these) held(element, error);
    return [];
  }
}
