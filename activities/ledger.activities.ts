import type { LedgerService } from '../src/ledger/ledger.service.js';
import type { KeptOutcome, TransferAnswer, TransferElement } from '../src/ledger/ledger.types.js';
import type { Fee, FeeActivities, ResolveActivities, StepActivities, UndoActivities } from '../contracts/activities.js';
import type { TransferOutcome } from '../contracts/answers.js';
import type { ExchangeRef, Leg } from '../contracts/nouns.js';
import { asStepAnswers } from './step-answers.js';

/** The activities of the ledger, by the task queue that they are on. */
interface LedgerActivities {
  steps: Pick<StepActivities, 'ledgerTransfer'> & Pick<FeeActivities, 'ledgerFees'>;
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
      ledgerFees: async (fees) => {
        const results = await ledger.transfer(fees.map(feeOf));
        return fees.flatMap(({ id }, place) => (results[place]?.outcome === 'posted' ? id : []));
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

function elementOf({ id, title, legs, paid }: ExchangeRef & { legs: Leg[]; paid?: true }): TransferElement {
  const exact = legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) }));
  const kind = paid === true ? 'paid' : 'exchange';
  return { title, key: keyOf(id), kind, legs: exact, reason: 'exchange', reference: id };
}

/** The transfer that books a fee: what the provider keeps, it owes no more, and it is a cost on `system:fees`. */
function feeOf({ id, title, provider, currency, amount }: Fee): TransferElement {
  const leg = { from: `system:clearing:${provider}`, to: 'system:fees', asset: currency, amount: BigInt(amount) };
  return { title, key: `fee/${id}`, kind: 'paid', legs: [leg], reason: 'fee', reference: id };
}

/** @throws Error for an answer that no exchange can get, since its key is its own and its legs never change */
function outcomeOf(id: string, result: TransferAnswer | KeptOutcome | undefined): TransferOutcome {
  if (result?.outcome === 'posted') return { id, outcome: 'posted' };
  if (result?.outcome === 'refused' || result?.outcome === 'cancelled')
    return { id, outcome: result.outcome, cause: result.cause };
  throw new Error(`${id}: the ledger answered ${result?.outcome ?? 'nothing'}`);
}
