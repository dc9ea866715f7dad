import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { condense, type Asked } from '../../workflows/contracts.js';

/**
 * Has the answers of a step that is made within the workflow task say what it was given. Temporal records the input of
 * a step that it dispatches, and of one that it does not only the answers; whoever reads the history later needs both.
 * Its second argument says whether it is about all exchanges of the run, which are in the history already.
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
