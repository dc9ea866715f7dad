import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { condense, type Asked } from '../../contracts/answers.js';

/**
 * Adds the input of a local activity to its result. Temporal records only the result of a local activity, and readers of
 * the history need both. The second argument says whether the step covers all exchanges of the run. Their ids are left out
 * then, because the input of the run has them.
 */
export const localSteps: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const answers = (await next(input)) as object;
      if (!info.isLocal) return answers;
      const [elements, ofAll] = input.args as [Asked[], boolean];
      const asked = condense(elements.map((element): Asked => ('state' in element ? element : { id: element.id })));
      return { ...answers, asked: ofAll ? asked : { ...asked, ids: elements.map(({ id }) => id) } };
    },
  },
});
