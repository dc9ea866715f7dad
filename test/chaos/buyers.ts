import { setTimeout as sleep } from 'node:timers/promises';
import { closedStates } from './deals.rules.js';
import type { ChaosProvider } from './provider.js';
import type { Sender } from './sender.js';
import { headersOf, type Side } from './stage.js';

/** How often a buyer looks whether their payment waits for them, in milliseconds. */
const everyMs = 700;

/** The people, and their banks, that purchases in real money wait for. They go on while the system drains. */
export class Buyers {
  private readonly all: Promise<void>[] = [];

  constructor(
    private readonly sender: Sender,
    private readonly provider: ChaosProvider,
  ) {}

  /** Has a buyer do something as soon as their payment waits for them. */
  begin(side: Side, purchase: string, act: string): void {
    const done = this.untilDone(side, purchase, act);
    // A failure is told by `end`.
    done.catch(() => undefined);
    this.all.push(done);
  }

  /** Resolves once nobody has anything left to do. @throws Error where a purchase has no definite answer for long */
  async end(): Promise<void> {
    await Promise.all(this.all);
  }

  private async untilDone(side: Side, purchase: string, act: string): Promise<void> {
    for (let looks = 0; ; looks++) {
      const { body } = await this.sender.send('GET', `/v1/purchases/${purchase}`, undefined, headersOf(side), looks);
      const state = String(body['state']);
      if (closedStates.includes(state)) return;
      const reference = (body['payment'] as { reference?: string } | undefined)?.reference;
      const waits = state === 'requires_action' || state === 'processing';
      // What the provider refuses is not so any more, or not so yet.
      if (waits && reference !== undefined && (await this.provider.act(act, reference))) return;
      await sleep(everyMs);
    }
  }
}
