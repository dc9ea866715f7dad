import type { StuckAt } from './stuck-step.js';

/*
 * What a run says of itself in the Temporal UI, as Markdown, for a person who may have been woken for it. The UI shows
 * the first lines, so what is wrong comes first.
 */

/** What decides by which acts an operator can end a run. */
export interface Steerable {
  /** Whether it settles one subject. Others take no acts. */
  alone: boolean;
  /** The acts that lead on from a step. */
  actsAt: (step: string) => string[];
}

/**
 * @param inFlight what the steps do that are under way, in words
 * @param stuck the steps of them that have failed for a while
 * @param parking who has parked the run, and why
 */
export function detailsOf(
  inFlight: readonly string[],
  stuck: readonly StuckAt[],
  parking: { operator: string; reason: string; since: Date } | undefined,
  steerable: Steerable,
): string {
  const parts = stuck.map((one) => `${stuckLine(one)}\n\n${steering(one, steerable)}`);
  if (parking !== undefined) {
    const { since, operator, reason } = parking;
    parts.unshift(
      `**Parked** since ${since.toISOString()} by ${oneLine(operator)}: ${oneLine(reason)}\n\n` +
        'It goes on after `resume`; `compensate` and `resolve` work too; docs/operations.md.',
    );
  }
  if (parts.length > 0) return parts.join('\n\n');
  return inFlight.length === 0 ? '' : `Under way: ${inFlight.join('; ')}.`;
}

function stuckLine({ step, undo, description, since, why }: StuckAt): string {
  const state = undo ? 'Parked, because an undo cannot be done,' : 'Stuck';
  return `**${state}** since ${since.toISOString()} at \`${step}\` (${description}): ${oneLine(why)}`;
}

function steering({ step }: StuckAt, { alone, actsAt }: Steerable): string {
  if (!alone)
    return 'It fails for all exchanges of this convoy: an outage. The convoy goes on by itself when that is over.';
  return `It is tried again by itself; see Pending Activities. To steer it: ${actsAt(step)
    .map((act) => `\`${act}\``)
    .join(' or ')}; docs/operations.md.`;
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}
