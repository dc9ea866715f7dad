import { besideHeld } from '../src/postgres/held-rows.js';
import type { LedgerService } from '../src/ledger/ledger.service.js';
import type { KeptOutcome, TransferAnswer, TransferElement } from '../src/ledger/ledger.types.js';
import type {
  Movement,
  MovementActivities,
  MovementKind,
  ResolveActivities,
  StepActivities,
  UndoActivities,
} from '../contracts/activities.js';
import type { TransferOutcome } from '../contracts/answers.js';
import type { Debit, ExchangeRef, Leg } from '../contracts/nouns.js';
import { asStepAnswers } from './step-answers.js';

/** The activities of the ledger, by the task queue that they are on. */
interface LedgerActivities {
  steps: Pick<StepActivities, 'ledgerTransfer'> & Pick<MovementActivities, 'ledgerMovements'>;
  undo: Pick<UndoActivities, 'ledgerCancel'> & Pick<ResolveActivities, 'ledgerKept'>;
}

/** The key under which the ledger keeps the outcome of an exchange. */
const keyOf = (id: string): string => `exchange/${id}`;

/**
 * The ledger's part in a saga, and in the booking of fees. Each activity is one command of the service. The list of an
 * activity of sagas is halved where it fails. Amounts become bigint here.
 */
export function ledgerActivities(ledger: LedgerService): LedgerActivities {
  return {
    steps: {
      ledgerTransfer: (exchanges, stop) =>
        asStepAnswers(
          exchanges,
          async (some) => {
            const results = await ledger.transfer(some.map(elementOf));
            return some.map(({ id }, index) => outcomeOf(id, results[index]));
          },
          stop,
        ),
      ledgerMovements: async (movements) => {
        const booked = await besideHeld(
          movements,
          async (some) => {
            const results = await ledger.transfer(some.map(transferOf));
            return some.flatMap(({ key }, place) => (results[place]?.outcome === 'posted' ? key : []));
          },
          () => undefined,
        );
        return booked.flat();
      },
    },
    undo: {
      ledgerCancel: (exchanges) =>
        asStepAnswers(exchanges, async (some) => {
          const results = await ledger.cancel(some.map(({ id, title, cause }) => ({ title, key: keyOf(id), cause })));
          return some.map(({ id }, index) => outcomeOf(id, results[index]));
        }),
      ledgerKept: (exchanges) =>
        asStepAnswers(exchanges, async (some) => {
          const kept = await ledger.kept(some.map(({ id, title }) => ({ title, key: keyOf(id) })));
          return some.map(({ id }, index) =>
            kept[index] === undefined ? { id, outcome: 'open' } : outcomeOf(id, kept[index]),
          );
        }),
    },
  };
}

function elementOf(exchange: ExchangeRef & { legs: Leg[]; paid?: true; debit?: Debit }): TransferElement {
  const { id, title, legs, paid, debit } = exchange;
  const exact = legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) }));
  const kind = paid === true ? 'paid' : 'exchange';
  const element = { title, key: keyOf(id), kind, legs: exact, reason: 'exchange', reference: id } as const;
  return debit === undefined ? element : { ...element, debit };
}

/**
 * The transfer that books a movement. A fee, the provider owes no more, and it is a cost on `system:fees`. A late
 * capture comes from the mint as every capture does, and its refund goes back there. So does what a bank or a person at
 * the provider takes back.
 */
function transferOf({ key, kind, id, title, provider, currency, amount }: Movement): TransferElement {
  const clearing = `system:clearing:${provider}`;
  const ends: Record<MovementKind, { from: string; to: string }> = {
    fee: { from: clearing, to: 'system:fees' },
    'late-fee': { from: clearing, to: 'system:fees' },
    'late-capture': { from: 'system:mint', to: clearing },
    'late-refund': { from: clearing, to: 'system:mint' },
    'outside-refund': { from: clearing, to: 'system:mint' },
    'outside-refund-failed': { from: 'system:mint', to: clearing },
    dispute: { from: clearing, to: 'system:mint' },
    'dispute-reinstated': { from: 'system:mint', to: clearing },
    'dispute-fee': { from: clearing, to: 'system:fees' },
    // No paid transfer takes from the fees, which may be short.
    'dispute-fee-returned': { from: 'system:mint', to: clearing },
  };
  const leg = { ...ends[kind], asset: currency, amount: BigInt(amount) };
  return { title, key, kind: 'paid', legs: [leg], reason: kind, reference: id };
}

/** @throws Error for an answer that no exchange can get, since its key is its own and its legs never change */
function outcomeOf(id: string, result: TransferAnswer | KeptOutcome | undefined): TransferOutcome {
  if (result?.outcome === 'posted') return { id, outcome: 'posted' };
  if (result?.outcome === 'refused' || result?.outcome === 'cancelled')
    return { id, outcome: result.outcome, cause: result.cause };
  throw new Error(`${id}: the ledger answered ${result?.outcome ?? 'nothing'}`);
}
