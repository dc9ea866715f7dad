import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError, messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { CONFIG, type Config } from '../process/config.js';
import type { AccountKey } from './accounts.statements.js';
import { afterCall, breakerAt, closedBreaker, maxAtOnce, type Breaker } from './breaker.rules.js';
import { delayCalls, reserveCalls } from './payments.statements.js';
import type { OpenAccount } from './provider-accounts.js';
import { ProviderMetrics } from './provider-metrics.js';
import type {
  CreatedPage,
  DisputesAnswer,
  NamedAnswer,
  OutsidePage,
  ProviderAccount,
  ProviderAnswer,
  RefundAnswer,
  RefundListAnswer,
} from './provider.types.js';

/** How long a list of several waits for one answer. What takes longer goes on alone. */
const listTimeoutMs = 4_000;

/** What a call may answer. */
type Answer =
  ProviderAnswer | RefundAnswer | RefundListAnswer | DisputesAnswer | NamedAnswer | OutsidePage | CreatedPage;

/** A call or a look, as it is made. */
export interface Outgoing<A extends Answer = ProviderAnswer> {
  /** For the metrics: `create`, `look` and the like. */
  name: string;
  make(account: ProviderAccount, options: { timeoutMs: number }): Promise<A>;
}

/** The answer to a call that was not made, as one that is throttled. */
type HeldBack = Extract<ProviderAnswer, { result: 'throttled' }>;

/** The calls of one account in this process. Those that may take their time are counted by themselves too. */
interface Lane extends AccountKey {
  breaker: Breaker;
  underWay: number;
  patientUnderWay: number;
  waiting: { patient: boolean; go: () => void }[];
}

/** How many of the calls under way may be such that take their time. The others keep their places. */
const maxPatient = maxAtOnce / 2;

/** How far ahead calls are given their moments. What would come later is asked again. */
const maxAheadMs = 10_000;

/**
 * Makes the calls to providers: so many at once, no faster than the account's rate, and none while its breaker is open.
 */
@Injectable()
export class ProviderCalls {
  private readonly log = new Logger(ProviderCalls.name);
  private readonly lanes = new Map<string, Lane>();

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly database: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly metrics: ProviderMetrics,
  ) {
    metrics.show(() => [...this.lanes.values()].map((lane) => ({ ...lane, state: breakerOf(lane).state })));
  }

  /**
   * Makes calls side by side.
   * @param patient whether each may take its time
   * @returns one answer for each, in order. One that the breaker or the rate holds back was not done, and is answered
   *   as one that is throttled
   */
  async makeAll<A extends Answer>(
    account: OpenAccount,
    outgoing: readonly Outgoing<A>[],
    patient: boolean,
  ): Promise<(A | HeldBack)[]> {
    if (outgoing.length === 0) return [];
    const perSecond = this.config.PAYMENT_CALLS_PER_SECOND;
    const asked = { calls: outgoing.length, perSecond, maxAheadMs };
    const waitMs = await reserveCalls(this.database.manager, account, asked);
    if (waitMs === undefined) return outgoing.map(() => heldBack('The rate of the account is used up.'));
    return Promise.all(
      outgoing.map(async (one, place) => {
        await pause(waitMs + (place * 1_000) / perSecond);
        return this.make(account, one, patient);
      }),
    );
  }

  /** What keeps an account from being asked now, or undefined. */
  heldBack(account: AccountKey): string | undefined {
    const { state, why } = breakerOf(this.lane(account));
    return state === 'open' ? `The account at ${account.provider} is not asked now: ${why}` : undefined;
  }

  private async make<A extends Answer>(
    account: OpenAccount,
    one: Outgoing<A>,
    patient: boolean,
  ): Promise<A | HeldBack> {
    const lane = this.lane(account);
    await this.admitted(lane, patient);
    try {
      if (lane.breaker.state === 'open') return heldBack(lane.breaker.why);
      const began = performance.now();
      const timeoutMs = this.config.PAYMENT_CALL_TIMEOUT_SECONDS * 1_000;
      const answer = await one.make(account.account, {
        timeoutMs: patient ? timeoutMs : Math.min(timeoutMs, listTimeoutMs),
      });
      this.metrics.called(account.provider, one.name, answer.result, (performance.now() - began) / 1_000);
      learn(lane, answer);
      if (answer.result === 'throttled') await this.delay(account, answer.retryAfterMs);
      return answer;
    } finally {
      lane.underWay -= 1;
      if (patient) lane.patientUnderWay -= 1;
      this.admit(lane);
    }
  }

  /** What was answered counts, also where the others cannot be told to wait. */
  private async delay(account: AccountKey, ms: number): Promise<void> {
    try {
      await delayCalls(this.database.manager, account, ms);
    } catch (error) {
      this.log.warn(`The calls of ${account.title} at ${account.provider} could not be delayed: ${messageOf(error)}`);
    }
  }

  private lane({ provider, title }: AccountKey): Lane {
    const key = `${provider}/${title}`;
    const known = this.lanes.get(key);
    if (known !== undefined) return known;
    const lane: Lane = { provider, title, breaker: closedBreaker, underWay: 0, patientUnderWay: 0, waiting: [] };
    this.lanes.set(key, lane);
    return lane;
  }

  /** Waits for a place among the calls that are under way. An open breaker lets everybody through, to be told so. */
  private admitted(lane: Lane, patient: boolean): Promise<void> {
    return new Promise((go) => {
      lane.waiting.push({ patient, go });
      this.admit(lane);
    });
  }

  private admit(lane: Lane): void {
    lane.breaker = breakerOf(lane);
    const isOpen = lane.breaker.state === 'open';
    while (lane.waiting.length > 0 && (isOpen || lane.underWay < lane.breaker.atOnce)) {
      const next = lane.waiting.findIndex(({ patient }) => isOpen || !patient || lane.patientUnderWay < maxPatient);
      const [one] = next < 0 ? [] : lane.waiting.splice(next, 1);
      if (one === undefined) return;
      lane.underWay += 1;
      if (one.patient) lane.patientUnderWay += 1;
      one.go();
    }
  }
}

function heldBack(why: string): HeldBack {
  return { result: 'throttled', retryAfterMs: 0, evidence: { heldBack: why } };
}

/** The breaker of an account as it is now. */
function breakerOf({ breaker }: Lane): Breaker {
  return breakerAt(breaker, performance.now());
}

/** What the end of a call tells of the account. What was throttled tells nothing. */
function learn(lane: Lane, answer: Answer): void {
  if (answer.result === 'throttled') return;
  const [end, why] =
    answer.result === 'denied'
      ? (['denied', answer.why] as const)
      : answer.result === 'unknown'
        ? (['failed', answer.why] as const)
        : (['succeeded', ''] as const);
  lane.breaker = afterCall(breakerOf(lane), performance.now(), end, why);
}

function pause(ms: number): Promise<void> {
  return ms < 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a step throws where the provider is away. The step is tried again, and nothing of its list is taken for bad. */
export function providerAway(why: string): VeltrixError {
  return new VeltrixError('unavailable', why);
}
