import { createHash } from 'node:crypto';
import { newId } from '../../src/ids.js';
import type { Parties } from '../../src/trades/trades.types.js';
import type { Services } from '../system/services.js';
import type { UsualActivities } from './contracts.js';

/** The steps on the services of src/, each with a list of one. */
export function usualActivities({ ledger, inventory, trades }: Services): UsualActivities {
  return {
    async recordTrade({ title, key, a, b, item, price }) {
      const parties: Parties = [
        { player: a, gives: { amounts: [{ asset: 'gold', amount: price }], items: [] } },
        { player: b, gives: { amounts: [], items: [item] } },
      ];
      const fingerprint = createHash('sha256').update(JSON.stringify(parties)).digest();
      const [outcome] = await trades.accept([
        { id: newId('trd'), workflowId: null, title, key, fingerprint, parties, reference: null },
      ]);
      if (outcome === undefined || !('deal' in outcome)) throw new Error(`${key} is the key of another trade.`);
      return outcome.deal.id;
    },
    async holdItem(id, { title, a, b, item }) {
      const [outcome] = await inventory.hold([
        { exchange: id, title, moves: [{ instance: item, from: `player:${b}`, to: `player:${a}` }] },
      ]);
      return outcome === undefined || outcome.outcome === 'ok' ? null : outcome.cause;
    },
    async transferGold(id, { title, a, b, price }) {
      const legs = [{ from: `player:${a}`, to: `player:${b}`, asset: 'gold', amount: BigInt(price) }];
      const [outcome] = await ledger.transfer([
        { title, key: `exchange/${id}`, kind: 'exchange', legs, reason: 'exchange', reference: id },
      ]);
      return outcome?.outcome === 'refused' || outcome?.outcome === 'cancelled' ? outcome.cause : null;
    },
    async moveItem(id, title) {
      await inventory.move([{ exchange: id, title }]);
    },
    async closeTrade(id, refusal) {
      await trades.close([refusal === null ? { id, state: 'settled' } : { id, state: 'refused', cause: refusal }]);
    },
    async releaseItem(id, title, cause) {
      await inventory.release([{ exchange: id, title, cause }]);
    },
  };
}
