/*
 * What a run says of itself in the Temporal UI, as Markdown, for a person who may have been woken for it. The UI shows the
 * first lines, so what is wrong comes first.
 */

/** A step that has failed for a while. It has failed longer than `since`, when the run was told so. */
export interface StandsAt {
  step: string;
  undo: boolean;
  /** What the step does, in words. */
  says: string;
  since: Date;
  /** What it last failed with, as far as the run knows. */
  why: string;
}

/** What decides by which acts an operator can end a run. */
export interface Steerable {
  /** Whether it settles one exchange. Others take no acts. */
  alone: boolean;
  /** Whether there are legs, so that the ledger is the pivot. */
  legs: boolean;
}

/**
 * @param under what the steps do that are under way, in words
 * @param stands the steps of them that have failed for a while
 */
export function detailsOf(under: Iterable<string>, stands: readonly StandsAt[], steerable: Steerable): string {
  if (stands.length > 0) return stands.map((stand) => `${standing(stand)}\n\n${steering(stand, steerable)}`).join('\n\n');
  const doing = [...under];
  return doing.length === 0 ? '' : `Under way: ${doing.join('; ')}.`;
}

function standing({ step, undo, says, since, why }: StandsAt): string {
  const state = undo ? 'Parked, because an undo cannot be done,' : 'Stuck';
  return `**${state}** since ${since.toISOString()} at \`${step}\` (${says}): ${why.replaceAll('\n', ' ')}`;
}

function steering({ step }: StandsAt, { alone, legs }: Steerable): string {
  if (!alone) return 'It fails for all exchanges of this convoy: an outage. The convoy goes on by itself when that is over.';
  const [first, ...others] = actsAt(step, legs).map((act) => `\`${act}\``);
  return `It is tried again by itself; see Pending Activities. To steer it: ${[first, ...others].join(' or ')}; docs/operations.md.`;
}

/** The acts that lead on from a step. What the pivot has not decided cannot be resolved, and what it has cannot be turned back. */
export function actsAt(step: string, legs: boolean): string[] {
  switch (step) {
    case 'inventoryHold':
    case 'ledgerTransfer':
      return ['retry', 'compensate'];
    case 'inventoryMove':
      return legs ? ['retry', 'resolve'] : ['retry', 'compensate'];
    case 'inventoryRelease':
      return legs ? ['retry', 'resolve'] : ['retry'];
    default:
      return ['retry'];
  }
}
