import { closeActivity } from '../contracts/activities.js';
import type { ClosedDeal, Closing } from '../contracts/answers.js';
import type { Exchange } from '../contracts/nouns.js';
import type { ForwardSteps } from './forward-steps.js';

/** Closes deals of any kinds, those of each kind by the step of that kind. */
export async function close(
  steps: Pick<ForwardSteps, 'ask'>,
  closings: readonly [Exchange, Closing][],
): Promise<ClosedDeal[]> {
  const closed = await Promise.all(
    byKind(closings).map(async ([kind, some]) => {
      const answers = await steps.ask(closeActivity(kind), some);
      return some.flatMap((closing) => {
        const answer = answers.get(closing.id);
        return answer === undefined
          ? []
          : [{ ...closing, closedAt: answer.closedAt, ...(answer.wasStuck && { wasStuck: true as const }) }];
      });
    }),
  );
  return closed.flat();
}

/** What is said of exchanges, for each kind of deal. */
export function byKind<T>(said: readonly [Exchange, T][]): [kind: string, some: T[]][] {
  const kinds = new Map<string, T[]>();
  for (const [{ kind }, one] of said) {
    const some = kinds.get(kind);
    if (some === undefined) kinds.set(kind, [one]);
    else some.push(one);
  }
  return [...kinds];
}
