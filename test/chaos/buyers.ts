import { setTimeout as sleep } from 'node:timers/promises';
import { closedStates } from './deals.rules.js';
import type { ChaosProvider } from './provider.js';
import type { Sender } from './sender.js';
import { headersOf, type Side } from './stage.js';

/** How often a buyer looks whether their payment waits for them, in milliseconds. */
const everyMs = 700;

/** How long buyers go on after the last purchase was asked for, in milliseconds. What is open then is a finding. */
const boundMs = 150_000;

/** The states in which the provider cannot have anything for the buyer or the bank yet. */
const early = ['accepted', 'authorizing', 'planned', 'sent'];

/** The people and banks that purchases and refunds in real money wait for. They go on while the system drains. */
export class Buyers {
  private readonly all: Promise<void>[] = [];
  private until = Infinity;

  constructor(
    private readonly sender: Sender,
    private readonly provider: ChaosProvider,
  ) {}

  /**
   * Has a buyer, or their bank, do something whenever it can be done, until the deal is closed.
   * @param path where the purchase or the refund is read
   */
  begin(side: Side, path: string, act: string): void {
    const done = this.untilDone(side, path, act);
    // A failure is told by `end`.
    done.catch(() => undefined);
    this.all.push(done);
  }

  /** Resolves once nobody has anything left to do. @throws Error where a request has no definite answer for long */
  async end(): Promise<void> {
    this.until = Date.now() + boundMs;
    await Promise.all(this.all);
  }

  private async untilDone(side: Side, path: string, act: string): Promise<void> {
    for (let looks = 0; Date.now() < this.until; looks++) {
      const { body } = await this.sender.send('GET', path, undefined, headersOf(side), looks);
      const state = String(body['state']);
      if (closedStates.includes(state)) return;
      const { reference } = ('payment' in body ? body['payment'] : body) as { reference?: string };
      // A bank decides whatever Veltrix thinks of the payment. The provider refuses what is not so any more, or yet.
      if (reference !== undefined && !early.includes(state)) await this.provider.act(act, reference);
      await sleep(everyMs);
    }
  }
}
