import { isDeepStrictEqual } from 'node:util';
import { expand, type ClosedDeal } from '../../contracts/answers.js';
import { hasItems } from '../../workflows/exchange.rules.js';
import type { Event, Played } from './interleaving-record.js';
import { show, stored, type DealTrace, type Fault } from './interleaving-traces.js';
import type { StepName } from './interleaving-world.js';

/** What must be true of a schedule as a whole. */
export const ofTheWhole: Record<string, (played: Played, all: DealTrace[]) => Fault> = {
  'no attempt fails': ({ failures }) => failures.length > 0 && failures.join('; '),

  'every run that is not terminated ends, and says what the rows say': ({ runs, last }) =>
    runs
      .map(({ workflow, exchanges, left }, number): Fault => {
        if (workflow.state === 'terminated') return false;
        if (workflow.state !== 'completed')
          return `run ${number} ${workflow.state === 'running' ? 'hangs' : `failed: ${String(workflow.error)}`}`;
        const outcomes = workflow.result === undefined ? [] : expand(exchanges, workflow.result);
        const closings = outcomes.filter((outcome): outcome is ClosedDeal => 'closedAt' in outcome);
        const waiting = new Set(
          outcomes.flatMap((one) => ('outcome' in one && one.outcome === 'waits' ? [one.id] : [])),
        );
        // A run that is turned back after an exchange has left it turns that one back too.
        const rows = exchanges
          .filter(({ id }) => !(left.has(id) || waiting.has(id)) || closings.some((closing) => closing.id === id))
          .map(({ id }) => [id, stored(last.rows.find((row) => row.id === id))]);
        const said = closings.map((closing) => [
          closing.id,
          { outcome: closing.state, cause: 'cause' in closing ? closing.cause : null },
        ]);
        return !isDeepStrictEqual(said, rows) && `run ${number} says ${show(said)} of ${show(rows)}`;
      })
      .find((fault) => fault),

  'whoever compensates is answered what the row says, after the release': ({ acted, runs, last, events }) =>
    acted
      .map(({ act, run, at, outcome }): Fault => {
        if (act === 'cancel' || act === 'resolve') return false;
        const { workflow, exchanges } = runs[run] as Played['runs'][number];
        if (outcome === 'unanswered') return workflow.state !== 'terminated' && `run ${run} answers nothing`;
        if ('failed' in outcome) return outcome.failed;
        if ('refused' in outcome) return outcome.refused;
        if ('notAdmitted' in outcome) return false;
        if (act !== 'compensate' || exchanges.length !== 1) return 'it was to be refused';
        const closing = outcome.answered;
        const row = last.rows.find(({ id }) => id === closing.id);
        if (
          !isDeepStrictEqual({ outcome: closing.state, cause: 'cause' in closing ? closing.cause : null }, stored(row))
        )
          return `${show(closing)} of ${show(row)}`;
        if (closing.state === 'settled' || exchanges[0] === undefined || !hasItems(exchanges[0])) return false;
        // Another operator's resolve needs no release of what was ended by hand, or never held.
        const ends = (step: StepName, answer: Event['answer']): boolean =>
          step === 'inventoryRelease' ||
          step === 'inventoryEndByHand' ||
          (step === 'inventoryKept' && answer?.outcome === 'refused');
        return (
          !events
            .slice(0, at)
            .some(({ id, what, step, answer }) => id === closing.id && what === 'took effect' && ends(step, answer)) &&
          'it was answered before the release'
        );
      })
      .find((fault) => fault),

  'attempts and starts that come last change nothing': ({ quiet, last }) =>
    !isDeepStrictEqual(last, quiet) && `${show(quiet)} became ${show(last)}`,

  'value is kept, and every exchange is wholly done or wholly not': ({ deals, last }, all) => {
    const done = all.filter(({ row }) => row?.state === 'settled');
    const gold = new Map(deals.map(({ payer }) => [payer, 100]));
    const owners = new Map(
      deals.flatMap(({ item, giver, plan }) =>
        item === undefined ? [] : [[item, `player:${plan.owned ? giver : 'somebody-else'}`]],
      ),
    );
    for (const { deal, ...trace } of done) {
      const legs = trace.legs && trace.payment === undefined;
      if (legs) gold.set(deal.payer, (gold.get(deal.payer) ?? 0) - deal.plan.amount);
      if (legs && !deal.plan.buys) gold.set(deal.giver, (gold.get(deal.giver) ?? 0) + deal.plan.amount);
      for (const id of deal.minted) owners.set(id, `player:${deal.payer}`);
      if (deal.item !== undefined) owners.set(deal.item, `player:${deal.payer}`);
    }
    const found = {
      gold: last.balances.map((one) => [one.player, one.gold]),
      items: last.instances.map(({ id, owner, state }) => [id, owner, state]),
    };
    const expected = {
      gold: [...gold].sort(byFirst),
      items: [...owners].sort(byFirst).map(([id, owner]) => [id, owner, 'owned']),
    };
    return !isDeepStrictEqual(found, expected) && `${show(found)} instead of ${show(expected)}`;
  },
};

function byFirst([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
