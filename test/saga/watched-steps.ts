import type { StepName } from './step-name.js';

/** What a test does to the steps of a world, and what it sees of them. */
export interface WatchedSteps {
  /** How often each step is yet to fail after it took effect. */
  readonly failAfter: Map<StepName, number>;
  /** How often each step was called. */
  readonly calls: Map<StepName, number>;
  /** How often an attempt at each step has answered or failed, as `<step> answered` or `<step> failed`. */
  readonly attempts: Map<string, number>;
  /** Called before a step takes effect with what the step is given; a test blocks or changes the world in it. */
  before: (step: StepName, args: readonly unknown[]) => Promise<void>;
}

/** The activities as they are, but counted, and failing after their effect as often as a test asks. */
export function watched<T extends object>(activities: T, steps: WatchedSteps): T {
  const count = (attempt: string): void => void steps.attempts.set(attempt, (steps.attempts.get(attempt) ?? 0) + 1);
  const entries = Object.entries(activities) as [StepName, (...args: unknown[]) => Promise<unknown>][];
  return Object.fromEntries(
    entries.map(([name, activity]) => [
      name,
      async (...args: unknown[]) => {
        steps.calls.set(name, (steps.calls.get(name) ?? 0) + 1);
        try {
          await steps.before(name, args);
          const answer = await activity(...args);
          const left = steps.failAfter.get(name) ?? 0;
          if (left > 0) {
            steps.failAfter.set(name, left - 1);
            throw new Error(`${name} took effect and its answer is lost`);
          }
          count(`${name} answered`);
          return answer;
        } catch (error) {
          count(`${name} failed`);
          throw error;
        }
      },
    ]),
  ) as T;
}
