import type { Finding } from '../checks.types.js';
import { grace } from '../grace.rules.js';
import type { DealState } from './deals.types.js';

/** A hold with what is wrong with its instances. */
export interface HoldRow {
  /** The id of its deal. */
  exchange: string;
  title: string;
  state: string;
  created_at: Date;
  seen: boolean;
  /** The instances that were given although the hold was not moved, or the other way round. */
  wrong: { instance: string; holder: string; receiver: string; item: string | null; isGiven: boolean }[];
  /** Of an open hold: whose its first instance is, of which item, and how many it has. */
  holder: string | null;
  item: string | null;
  many: number;
}

/** Holds a hold to its deal, which was read after it, and to its instances. */
export function judgeHold(hold: HoldRow, deal: DealState | undefined): Finding[] {
  const { exchange, title, state, created_at: since, wrong } = hold;
  const of = { title, subject: exchange, since, place: exchange };
  const detail = `Its hold is ${state}`;
  if (deal === undefined || deal.title !== title) {
    const breaksAt = new Date(since.getTime() + grace.sagaMs);
    const { holder, item, many } = hold;
    const left = state === 'held';
    return [
      {
        ...of,
        type: left ? 12 : 31,
        ...(left && holder !== null && { account: holder }),
        ...(left && item !== null && { asset: item }),
        ...(left && { amount: BigInt(many) }),
        detail: `${detail}, and there is no such deal.`,
        breaksAt,
      },
    ];
  }
  // A hold that is open after its deal has ended is found by the check of deals.
  if (state === 'held' && !deal.isOpen) return [];
  // What a purchase in real money has not granted is found by that check too, as a break of its own.
  const isToldAsNotGranted = state === 'moved' && deal.isDone && deal.paid !== null;
  const own = wrong.filter(({ isGiven }) => isGiven || !isToldAsNotGranted);
  return own.map(({ instance, holder, receiver, item, isGiven }): Finding => {
    const isLost = state === 'held' && !isGiven;
    return {
      ...of,
      type: 31,
      account: isLost ? holder : receiver,
      ...(item !== null && { asset: item }),
      amount: isGiven ? 1n : -1n,
      detail: `${detail}, and ${instance} is ${isGiven ? 'handed over' : isLost ? 'not held' : 'not handed over'}.`,
    };
  });
}
