import type { Check, Finding, Part } from '../checks.types.js';
import { instancesOfPart, lookAtInstances, lookAtInstancesBehind } from './instances.reads.js';
import { judgeInstance } from './instances.rules.js';
import { noUuid } from './places.rules.js';

/** The check of instances: each is where its movements have brought it, one after the other. */
export const instancesCheck: Check = {
  name: 'instances',
  kinds: ['full', 'history'],
  async look(look, after): Promise<Part> {
    const part = await lookAtInstancesBehind(look, after ?? noUuid);
    return {
      findings: part.wrong.flatMap(judgeInstance),
      looked: { instances: part.seen, movements: part.movements },
      next: part.many === instancesOfPart ? part.last : null,
    };
  },
  async again(look, places): Promise<Finding[]> {
    return (await lookAtInstances(look, { ids: places })).wrong.flatMap(judgeInstance);
  },
};
