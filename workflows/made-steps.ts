import { isPaymentStep, type MadeStep } from '../contracts/activities.js';
import { BrokenProtocol, type Answers } from '../contracts/answers.js';
import type { ForwardSteps } from './forward-steps.js';

/**
 * The steps as a local attempt has made them. What follows from their answers is dispatched, and so are the steps of
 * payments, which no local attempt makes.
 * @param runSize how many exchanges the run has
 * @param take sorts the answers of a step, as they are sorted that come from a dispatched one
 */
export function asMade(
  made: readonly MadeStep[],
  dispatched: ForwardSteps,
  runSize: number,
  take: (elements: readonly { id: string }[], answers: Answers<never>) => Map<string, never>,
): ForwardSteps {
  const remaining = [...made];
  return {
    ...dispatched,
    ask: (name, elements) => {
      if (elements.length === 0) return Promise.resolve(new Map());
      if (isPaymentStep(name)) return dispatched.ask(name, elements);
      // The lists of one step share no exchange, so the first id tells them apart.
      const isSameList = ({ ids }: MadeStep['asked']): boolean =>
        ids === undefined ? elements.length === runSize : ids[0] === elements[0]?.id;
      const place = remaining.findIndex(({ step, asked }) => step === name && isSameList(asked));
      const [one] = place < 0 ? [] : remaining.splice(place, 1);
      if (one === undefined) throw new BrokenProtocol(`The local attempt does not say what ${name} has answered.`);
      return Promise.resolve(take(elements, one.answers as Answers<never>));
    },
  };
}
