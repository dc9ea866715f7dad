import { setTimeout as sleep } from 'node:timers/promises';
import { refundedStates } from './deals.rules.js';
import type { ChaosProvider } from './provider.js';
import { boughtOf } from './refunding.js';
import { one, type Drawn } from './requests.js';
import type { Sender } from './sender.js';
import { headersOf, type Side } from './stage.js';

/**
 * An act at the provider, of a part of the payment where it says so. All but the first are of what the last one made.
 */
interface Act {
  act: string;
  part?: true;
  /** Whether it is of the payment, and not of what the last act made. */
  anew?: true;
  /** Whether it comes once Veltrix has booked the one before. */
  later?: true;
}

/** A purchase that something happens to: what was paid for it, and the provider's id of its intent. */
interface Paid {
  id: string;
  paid: bigint;
  reference: string;
}

/** What people at the dashboard, and banks, do to payments without anybody asking for it: each in its turn. */
const stories: readonly (readonly Act[])[] = [
  [
    { act: 'dashboard-refund', part: true },
    { act: 'buyer-fails', later: true },
  ],
  [{ act: 'dashboard-refund' }],
  [{ act: 'dispute-open' }, { act: 'dispute-won' }],
  [{ act: 'dispute-inquiry' }, { act: 'dispute-lost' }],
  [{ act: 'dashboard-refund' }, { act: 'buyer-fails', later: true }],
  [{ act: 'dispute-open' }, { act: 'dispute-lost' }],
  [
    { act: 'dashboard-refund', part: true },
    { act: 'dashboard-refund', anew: true },
  ],
  [{ act: 'dispute-open', part: true }],
  [
    { act: 'dashboard-refund', part: true },
    { act: 'buyer-fails', later: true },
  ],
  [{ act: 'dispute-open' }, { act: 'dispute-lost' }, { act: 'dispute-appeal' }, { act: 'dispute-won' }],
  [{ act: 'dispute-inquiry' }, { act: 'dispute-open' }],
  [{ act: 'dispute-prevented' }],
  [
    { act: 'dashboard-refund', part: true },
    { act: 'dispute-open', anew: true },
  ],
];

/** How many purchases a client looks at for one that is completed. */
const maxTries = 6;

/** How often it is looked whether something shows that has happened, and how long after the look before. */
const [maxLooks, lookEveryMs] = [45, 2_000];

/** How long it takes until the next act: some come before Veltrix has looked at the one before, and some after. */
function pauseOf(amount: number): number {
  return 8_000 + amount * 150;
}

/** What happens at the provider without anybody asking Veltrix for it. */
export class OutsideActs {
  /** The purchases to which something has happened. Nothing else does. */
  private readonly used = new Set<string>();
  private readonly told = new Map<string, number>();
  private readonly going: Promise<void>[] = [];
  private readonly ending = new AbortController();

  constructor(
    private readonly sender: Sender,
    private readonly provider: ChaosProvider,
  ) {}

  /** Does something to the payment of a purchase that is completed by now. */
  async perform(side: Side, { amount, pick }: Drawn): Promise<void> {
    const bought = await this.paid(side, pick);
    if (bought === undefined) return;
    const number = this.told.get(side.title) ?? 0;
    const [first, ...more] = stories[number % stories.length] ?? [];
    if (first === undefined) return;
    const made = await this.happen(bought, first, bought.reference);
    // All of it may be given back already.
    if (made === undefined) return;
    this.told.set(side.title, number + 1);
    const going = this.goOn(side, bought, more, made, pauseOf(amount));
    // A failure is told by `end`.
    going.catch(() => undefined);
    this.going.push(going);
  }

  /** Resolves once everything has happened. Nobody takes their time any more. */
  async end(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.going);
  }

  private async goOn(
    side: Side,
    bought: Paid,
    acts: readonly Act[],
    ...[made, pauseMs]: [made: string, pauseMs: number]
  ): Promise<void> {
    let last = made;
    for (const act of acts) {
      await sleep(pauseMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
      if (act.later) await this.untilBooked(side, bought);
      last = (await this.happen(bought, act, last)) ?? last;
    }
  }

  /** Waits until what has gone back is booked, for as long as a walk and what follows it may take. */
  private async untilBooked(side: Side, { id }: Paid): Promise<void> {
    for (let looks = 0; looks < maxLooks; looks++) {
      const path = `/v1/transfers?reference=${id}`;
      const { body } = await this.sender.send('GET', path, undefined, headersOf(side), looks);
      const transfers = (body['data'] ?? []) as { reason: string }[];
      if (transfers.some(({ reason }) => reason === 'outside-refund')) return;
      await sleep(lookEveryMs);
    }
  }

  /** @returns the id of what has changed, or undefined where it cannot be done */
  private happen({ paid, reference }: Paid, { act, part, anew }: Act, last: string): Promise<string | undefined> {
    return this.provider.act(act, anew ? reference : last, part && String((paid + 1n) / 2n));
  }

  /** A purchase in real money that is completed by now. */
  private async paid(side: Side, pick: number): Promise<Paid | undefined> {
    for (let tries = 0; tries < maxTries; tries++) {
      const some = side.known.purchases.map(boughtOf).filter(({ id, inMoney }) => inMoney && !this.used.has(id));
      const chosen = one(some, pick + tries);
      if (chosen === undefined) return undefined;
      const { body } = await this.sender.send('GET', `/v1/purchases/${chosen.id}`, undefined, headersOf(side), pick);
      const { reference } = (body['payment'] ?? {}) as { reference?: string };
      if (!['completed', ...refundedStates].includes(String(body['state'])) || reference === undefined) continue;
      if (body['state'] === 'refunded' || this.used.has(chosen.id)) continue;
      this.used.add(chosen.id);
      return { id: chosen.id, paid: chosen.paid, reference };
    }
    return undefined;
  }
}
