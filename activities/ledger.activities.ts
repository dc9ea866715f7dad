import type { StepActivities, TransferOutcome, UndoActivities } from '../workflows/contracts.js';
import type { LedgerService } from '../src/ledger/ledger.service.js';
import type { TransferResult } from '../src/ledger/ledger.types.js';

type LedgerActivities = Pick<StepActivities, 'ledgerTransfer'> & Pick<UndoActivities, 'ledgerCancel'>;

/** The key under which the ledger keeps the outcome of an exchange. */
const keyOf = (id: string): string => `exchange/${id}`;

/** The ledger's part in a saga. Each activity is one call of the service; amounts become bigint here. */
export function ledgerActivities(ledger: LedgerService): LedgerActivities {
  return {
    async ledgerTransfer(exchanges) {
      const results = await ledger.transfer(
        exchanges.map(({ id, title, legs }) => ({
          title,
          key: keyOf(id),
          kind: 'exchange' as const,
          legs: legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) })),
          reason: 'exchange',
          reference: id,
        })),
      );
      return exchanges.map(({ id }, index) => outcomeOf(id, results[index]));
    },
    async ledgerCancel(exchanges) {
      const results = await ledger.cancel(exchanges.map(({ id, title, cause }) => ({ title, key: keyOf(id), cause })));
      return exchanges.map(({ id }, index) => outcomeOf(id, results[index]));
    },
  };
}

/** @throws Error for an answer that no exchange can get, since its key is its own and its legs never change */
function outcomeOf(id: string, result: TransferResult | undefined): TransferOutcome {
  if (result?.outcome === 'posted') return { id, outcome: 'posted' };
  if (result?.outcome === 'refused' || result?.outcome === 'cancelled') return { id, outcome: result.outcome, cause: result.cause };
  throw new Error(`${id}: the ledger answered ${result?.outcome ?? 'nothing'}`);
}
