import { isDeepStrictEqual } from 'node:util';
import { expand, type ClosedDeal } from '../../contracts/answers.js';
import { resolveOfEach, resolveOfTheWhole } from './interleaving-resolve-checks.js';
import type { Event, Played } from './interleaving.js';
import {
  answers,
  differ,
  endSteps,
  happened,
  kept,
  movementsOf,
  pivotSteps,
  show,
  stored,
  tracesOf,
  type DealTrace,
  type Fault,
  type Kept,
} from './interleaving-traces.js';
import type { StepName } from './interleaving-world.js';

/*
 * The properties of the protocol. Each is a sentence and answers what contradicts it: `false` or nothing, or a text.
 */

/** What the row must say, from what the participants keep. */
function due({ legs, hold, outcome }: DealTrace): Kept | undefined {
  if (hold?.state === 'refused') return { outcome: 'refused', cause: hold.cause };
  if (legs && outcome?.state === 'posted') return { outcome: 'settled', cause: null };
  if (legs)
    return outcome && { outcome: outcome.state === 'refused' ? 'refused' : 'compensated', cause: outcome.cause };
  if (hold?.state === 'moved') return { outcome: 'settled', cause: null };
  return hold && { outcome: 'compensated', cause: hold.cause };
}

/** Whether nobody turns anything back. Whoever resolves does not: it ends as it would have ended. */
const undisturbed = ({ played }: DealTrace): boolean => played.acted.every(({ act }) => act === 'resolve');
const wants = (a: DealTrace, b: DealTrace): boolean =>
  (a.legs && b.legs && a.deal.payer === b.deal.payer) || (a.items && a.deal.item === b.deal.item);

/** What must be true of each exchange. */
export const ofEachExchange: Record<string, (trace: DealTrace, all: DealTrace[]) => Fault> = {
  'what is kept first is kept for ever': (trace) =>
    differ('hold', answers(trace, 'inventoryHold')) ||
    differ('pivot', [...answers(trace, ...pivotSteps), ...(trace.outcome ? [stored(trace.outcome)] : [])]) ||
    differ('end of the hold', [
      ...answers(trace, ...endSteps),
      ...(trace.hold && trace.hold.state !== 'held' && answers(trace, ...endSteps).length > 0
        ? [stored(trace.hold)]
        : []),
    ]),

  'what the hold answered agrees with what is kept': (trace) => {
    const [hold] = answers(trace, 'inventoryHold');
    const now = stored(trace.hold);
    if (hold === undefined) return false;
    const agrees =
      hold.outcome === 'ok'
        ? ['held', 'released', 'moved', 'ended-by-hand'].includes(now.outcome)
        : isDeepStrictEqual(hold, now);
    return !agrees && `${show(hold)}, kept is ${show(now)}`;
  },

  'a hold is made once, and ended once': (trace) => {
    const movements = movementsOf(trace);
    const neverHeld = happened(trace, 'took effect', 'inventoryHold', ...endSteps)[0]?.step !== 'inventoryHold';
    const byHand = neverHeld ? [] : ['hold', trace.outcome?.state === 'posted' ? 'move' : 'release'];
    const expected =
      { released: ['hold', 'release'], moved: ['hold', 'move'], held: ['hold'], 'ended-by-hand': byHand }[
        trace.hold?.state ?? ''
      ] ?? [];
    return (
      !isDeepStrictEqual(movements, expected) &&
      `${show(movements)} for a hold that is ${trace.hold?.state ?? 'not there'}`
    );
  },

  'the legs are booked once if they are posted': ({ id, outcome, played }) => {
    const transfers = played.last.transfers.filter((transfer) => transfer.id === id).length;
    return (
      transfers !== (outcome?.state === 'posted' ? 1 : 0) &&
      `${transfers} transfers of what is ${outcome?.state ?? 'not kept'}`
    );
  },

  'a refused hold never reaches the ledger': (trace) =>
    answers(trace, 'inventoryHold').some(({ outcome }) => outcome === 'refused') &&
    happened(trace, 'asked', 'ledgerTransfer').length > 0 &&
    'ledgerTransfer was asked',

  'nothing is given back before the pivot has said "not done"': (trace) =>
    trace.legs &&
    happened(trace, 'asked', 'inventoryRelease').some((release) => {
      const before = trace.events.slice(0, trace.events.indexOf(release));
      return !before.some(
        ({ what, run, step, answer }) =>
          what === 'told' && run === release.run && pivotSteps.includes(step) && answer?.outcome !== 'posted',
      );
    }) &&
    'a run that was not told so has asked inventoryRelease',

  'items are moved after the ledger has booked': (trace) =>
    trace.legs &&
    happened(trace, 'asked', 'inventoryMove').some((move) => {
      const before = trace.events.slice(0, trace.events.indexOf(move));
      return !before.some(
        ({ what, run, step, answer }) =>
          what === 'told' && run === move.run && pivotSteps.includes(step) && answer?.outcome === 'posted',
      );
    }) &&
    'a run that was not told so has asked inventoryMove',

  'with legs and items, move and release are never both asked': (trace) =>
    trace.legs &&
    happened(trace, 'asked', 'inventoryMove').length > 0 &&
    happened(trace, 'asked', 'inventoryRelease').length > 0 &&
    'both were',

  'what is booked is moved': (trace) =>
    trace.items &&
    trace.outcome?.state === 'posted' &&
    [...answers(trace, ...endSteps), stored(trace.hold)].some(
      ({ outcome }) => outcome !== 'moved' && outcome !== 'ended-by-hand',
    ) &&
    show([...answers(trace, ...endSteps), stored(trace.hold)]),

  'a transfer after a cancel says what the first cancel has kept': (trace) => {
    const pivots = happened(trace, 'took effect', ...pivotSteps);
    const [first] = pivots;
    if (first?.step !== 'ledgerCancel') return false;
    const told = pivots.map(({ answer }) => kept(answer));
    return (
      told.some((answer) => !isDeepStrictEqual(answer, { outcome: 'cancelled', cause: first.given.cause })) &&
      show(told)
    );
  },

  'of items alone, the first release gives the cause': (trace) => {
    const [first] = happened(trace, 'took effect', ...endSteps);
    if (trace.legs || first?.step !== 'inventoryRelease' || trace.hold?.state === 'refused') return false;
    return (
      !isDeepStrictEqual(trace.hold?.cause, first.given.cause) && `${show(trace.hold)} after ${show(first.given.cause)}`
    );
  },

  'a hold that a tombstone answers closes with the cause of the pivot': (trace) => {
    if (trace.hold?.state !== 'tombstone') return false;
    const cause = trace.legs ? trace.outcome?.cause : trace.hold.cause;
    return (
      !isDeepStrictEqual([stored(trace.row), trace.hold.cause], [{ outcome: 'compensated', cause }, cause]) &&
      `${show(trace.row)} after ${show(cause)}`
    );
  },

  'the release of a refused hold answers its refusal': (trace) =>
    trace.hold?.state === 'refused' &&
    differ('release', [{ outcome: 'refused', cause: trace.hold.cause }, ...answers(trace, 'inventoryRelease')]),

  'a row closes when every participant is at its end': (trace) => {
    const [close] = happened(trace, 'took effect', 'closeTrades');
    if (close === undefined) return 'it was never closed';
    const before = { ...trace, events: trace.events.slice(0, trace.events.indexOf(close)) };
    if (answers(before, 'inventoryHold', 'inventoryRelease').some(({ outcome }) => outcome === 'refused')) return false;
    if (trace.legs && answers(before, ...pivotSteps).length === 0) return 'the pivot had answered nothing';
    return trace.items && answers(before, ...endSteps).length === 0 && 'the hold was not ended';
  },

  'the row says what is kept': (trace) =>
    !isDeepStrictEqual(stored(trace.row), due(trace)) && `${show(stored(trace.row))}, and due is ${show(due(trace))}`,

  'every run closes it alike': (trace) =>
    differ(
      'closings',
      happened(trace, 'asked', 'closeTrades').map(({ given }) => given),
    ),

  'one fact tells of its close': ({ id, row, played }) => {
    const facts = played.last.facts.filter((fact) => fact.id === id).map(({ type }) => type);
    return !isDeepStrictEqual(facts, ['trade.accepted', `trade.${row?.state}`]) && show(facts);
  },

  'it is closed, and nothing is held': ({ row, hold }) =>
    (row?.closed_at === null || hold?.state === 'held') && `the row is ${row?.state}, the hold is ${hold?.state}`,

  'it ends as its players can pay and own, if nobody turns it back or competes': (trace, all) => {
    if (!undisturbed(trace) || all.some((other) => other !== trace && wants(trace, other))) return false;
    const { amount, owned } = trace.deal.plan;
    const expected =
      trace.items && !owned ? 'item-not-owned' : trace.legs && amount > 100 ? 'insufficient-funds' : 'settled';
    return (trace.row?.cause?.code ?? trace.row?.state) !== expected && `${show(trace.row)} instead of ${expected}`;
  },

  'of two that compete exactly one settles if the holder can pay': (trace, all) => {
    const [rival, ...more] = all.filter((other) => other !== trace && wants(trace, other));
    if (rival === undefined || more.length > 0 || all.length > 2) return false;
    const settled = [trace, rival].filter(({ row }) => row?.state === 'settled').length;
    if (settled > 1) return 'both have settled';
    const pays = ({ legs, items, hold, deal }: DealTrace): boolean =>
      (!legs || deal.plan.amount <= 100) &&
      (!items || ['moved', 'released', 'ended-by-hand'].includes(hold?.state ?? ''));
    return (
      undisturbed(trace) &&
      settled === 0 &&
      [trace, rival].some(pays) &&
      'none has settled, though one that held could pay'
    );
  },
};

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
        // A run that is turned back after an exchange has left it turns that one back too.
        const rows = exchanges
          .filter(({ id }) => !left.has(id) || closings.some((closing) => closing.id === id))
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
        if (closing.state === 'settled' || exchanges[0]?.moves.length === 0) return false;
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
    for (const { deal, legs } of done) {
      if (legs)
        gold
          .set(deal.payer, (gold.get(deal.payer) ?? 0) - deal.plan.amount)
          .set(deal.giver, (gold.get(deal.giver) ?? 0) + deal.plan.amount);
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

/** @throws Error that names every property that does not hold, and tells what happened */
export function expectProtocol(played: Played): DealTrace[] {
  const all = tracesOf(played);
  const faults = [
    ...Object.entries({ ...ofTheWhole, ...resolveOfTheWhole }).map(([name, fault]) => [name, fault(played, all)]),
    ...all.flatMap((trace, place) =>
      Object.entries({ ...ofEachExchange, ...resolveOfEach }).map(([name, fault]) => [
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
