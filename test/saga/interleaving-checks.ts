import { ofEachExchange } from './interleaving-each-checks.js';
import { mintsOfEach, mintsOfTheWhole } from './interleaving-mint-checks.js';
import { paidOfEach } from './interleaving-paid-checks.js';
import type { Played } from './interleaving-record.js';
import { resolveOfEach, resolveOfTheWhole } from './interleaving-resolve-checks.js';
import { kept, show, tracesOf, type DealTrace } from './interleaving-traces.js';
import { ofTheWhole } from './interleaving-whole-checks.js';

/*
 * The properties of the protocol. Each is a sentence and answers what contradicts it: `false` or nothing, or a text.
 */

/** @throws Error that names every property that does not hold, and tells what happened */
export function expectProtocol(played: Played): DealTrace[] {
  const all = tracesOf(played);
  const faults = [
    ...Object.entries({ ...ofTheWhole, ...resolveOfTheWhole, ...mintsOfTheWhole }).map(([name, fault]) => [
      name,
      fault(played, all),
    ]),
    ...all.flatMap((trace, place) =>
      Object.entries({ ...ofEachExchange, ...resolveOfEach, ...mintsOfEach, ...paidOfEach }).map(([name, fault]) => [
        `deal ${place}: ${name}`,
        fault(trace, all),
      ]),
    ),
  ].filter(([, fault]) => fault);
  if (faults.length === 0) return all;
  const events = played.events.map(
    ({ run, what, step, id, answer }) =>
      `run ${run}, ${id}: ${step} ${what}${answer === undefined ? '' : ` ${show(kept(answer))}`}`,
  );
  throw new Error(
    ['These do not hold:', ...faults.map(([name, fault]) => `- ${name}: ${fault}`), 'What happened:', ...events].join(
      '\n',
    ),
  );
}
