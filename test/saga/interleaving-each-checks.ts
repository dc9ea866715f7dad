import { isDeepStrictEqual } from 'node:util';
import { limitOf } from './interleaving-deals.js';
import {
  answers,
  closeSteps,
  differ,
  endSteps,
  happened,
  kept,
  movementsOf,
  pivotSteps,
  pivotStepsOf,
  saysNotDone,
  show,
  stored,
  type DealTrace,
  type Fault,
  type Kept,
} from './interleaving-traces.js';
import { endOf } from './paid-kinds.js';

/** What the row must say, from what the participants keep. */
function due({ legs, hold, outcome, payment }: DealTrace): Kept | undefined {
  if (hold?.state === 'refused') return { outcome: 'refused', cause: hold.cause };
  if (payment?.state === 'captured') return { outcome: 'settled', cause: null };
  if (payment !== undefined) return { outcome: 'compensated', cause: payment.decided ?? null };
  if (legs && outcome?.state === 'posted') return { outcome: 'settled', cause: null };
  if (legs)
    return outcome && { outcome: outcome.state === 'refused' ? 'refused' : 'compensated', cause: outcome.cause };
  if (hold?.state === 'moved') return { outcome: 'settled', cause: null };
  return hold && { outcome: 'compensated', cause: hold.cause };
}

/** Whether nobody turns anything back. Whoever resolves does not: it ends as it would have ended. */
const undisturbed = ({ played }: DealTrace): boolean => played.acted.every(({ act }) => act === 'resolve');
/** Whether a limited item is wanted by more than there are of it. */
const isScarce = ({ deal: { edition, plan }, played }: DealTrace): boolean =>
  edition !== undefined && played.deals.filter((deal) => deal.edition === edition).length > limitOf(plan.giver);
const paysInGold = ({ legs, payment }: DealTrace): boolean => legs && payment === undefined;
const wants = (a: DealTrace, b: DealTrace): boolean =>
  (paysInGold(a) && paysInGold(b) && a.deal.payer === b.deal.payer) ||
  (a.deal.item !== undefined && a.deal.item === b.deal.item) ||
  (a.deal.edition === b.deal.edition && isScarce(a));

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
    if (trace.deal.plan.buys) return false;
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
      return !before.some((event) => event.what === 'told' && event.run === release.run && saysNotDone(trace, event));
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
    const ofLegs = trace.payment === undefined ? trace.outcome?.cause : trace.payment.decided;
    const cause = trace.legs ? ofLegs : trace.hold.cause;
    return (
      !isDeepStrictEqual([stored(trace.row), trace.hold.cause], [{ outcome: 'compensated', cause }, cause]) &&
      `${show(trace.row)} after ${show(cause)}`
    );
  },

  'the release of a refused hold answers its refusal': (trace) =>
    trace.hold?.state === 'refused' &&
    differ('release', [{ outcome: 'refused', cause: trace.hold.cause }, ...answers(trace, 'inventoryRelease')]),

  'a row closes when every participant is at its end': (trace) => {
    const [close] = happened(trace, 'took effect', ...closeSteps);
    if (close === undefined) return 'it was never closed';
    const before = { ...trace, events: trace.events.slice(0, trace.events.indexOf(close)) };
    if (answers(before, 'inventoryHold', 'inventoryRelease').some(({ outcome }) => outcome === 'refused')) return false;
    if (trace.legs && answers(before, ...pivotStepsOf(trace)).length === 0) return 'the pivot had answered nothing';
    return trace.items && answers(before, ...endSteps).length === 0 && 'the hold was not ended';
  },

  'the row says what is kept': (trace) =>
    !isDeepStrictEqual(stored(trace.row), due(trace)) && `${show(stored(trace.row))}, and due is ${show(due(trace))}`,

  'every run closes it alike': (trace) =>
    differ(
      'closings',
      happened(trace, 'asked', ...closeSteps).map(({ given }) => given),
    ),

  'one fact tells of its close': ({ id, deal, row, played }) => {
    const facts = played.last.facts.filter((fact) => fact.id === id).map(({ type }) => type);
    const end = endOf[row?.cause?.code ?? ''] ?? row?.state;
    const told = deal.plan.buys
      ? ['purchase.accepted', `purchase.${row?.state === 'settled' ? 'completed' : end}`]
      : ['trade.accepted', `trade.${row?.state}`];
    return !isDeepStrictEqual(facts, told) && show(facts);
  },

  'it is closed, and nothing is held': ({ row, hold }) =>
    (row?.closed_at === null || hold?.state === 'held') && `the row is ${row?.state}, the hold is ${hold?.state}`,

  'it ends as its players can pay and own, if nobody turns it back or competes': (trace, all) => {
    if (!undisturbed(trace) || all.some((other) => other !== trace && wants(trace, other))) return false;
    const { amount, owned, buys } = trace.deal.plan;
    const expected =
      trace.items && !owned
        ? buys
          ? 'item-sold-out'
          : 'item-not-owned'
        : trace.deal.plan.pays?.fate === 'declines'
          ? 'payment-declined'
          : paysInGold(trace) && amount > 100
            ? 'insufficient-funds'
            : 'settled';
    return (trace.row?.cause?.code ?? trace.row?.state) !== expected && `${show(trace.row)} instead of ${expected}`;
  },

  'of two that compete exactly one settles if the holder can pay': (trace, all) => {
    const [rival, ...more] = all.filter((other) => other !== trace && wants(trace, other));
    if (rival === undefined || more.length > 0 || all.length > 2) return false;
    const settled = [trace, rival].filter(({ row }) => row?.state === 'settled').length;
    if (settled > 1) return 'both have settled';
    const pays = ({ legs, items, hold, deal }: DealTrace): boolean =>
      (!legs || deal.plan.amount <= 100) &&
      deal.plan.pays?.fate !== 'declines' &&
      (!items || ['moved', 'released', 'ended-by-hand'].includes(hold?.state ?? ''));
    return (
      undisturbed(trace) &&
      settled === 0 &&
      [trace, rival].some(pays) &&
      'none has settled, though one that held could pay'
    );
  },
};
