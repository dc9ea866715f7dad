import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Closing } from '../../workflows/contracts.js';

type Asked = { id: string } | Closing;

/**
 * Has the answers of a step that is made within the workflow task say what it was given. Temporal records the input of
 * a step that it dispatches, and of one that it does not only the answers; whoever reads the history later needs both.
 */
export const localSteps: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const answers = (await next(input)) as object;
      return info.isLocal ? { ...answers, asked: (input.args[0] as Asked[]).map(askedOf) } : answers;
    },
  },
});

function askedOf(element: Asked): Asked {
  return 'state' in element ? element : { id: element.id };
}
