import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import { byAccount } from './accounts.rules.js';
import type { AccountKey } from './accounts.statements.js';
import {
  afterCancel,
  afterLook,
  afterRefund,
  afterSearch,
  later,
  movementsOf,
  plannedCall,
  searchWindowOf,
} from './orphans.rules.js';
import {
  insertOrphans,
  lockOrphans,
  readOrphans,
  takeOrphansDue,
  writeOrphanCalls,
  writeOrphanStates,
  type OwnedOrphan,
} from './orphans.statements.js';
import type { NewOrphan, Orphan, OrphanCall, OrphanMovement } from './orphans.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import type { ProviderAnswer, RefundAnswer } from './provider.types.js';

type Answer = ProviderAnswer | RefundAnswer;
type Written = { before: Orphan; orphan: Orphan; call?: OrphanCall };

/** What was found of an orphan: by a look at its intent or its refund, or by a search. */
type Found = { id: string } & ({ answer: Answer } | { intents: readonly NewOrphan[]; isComplete: boolean });

/**
 * Sees to the intents at providers that no purchase takes: what is open is cancelled, and what was captured is given
 * back. No saga waits for it. As for payments, a call is written down and committed before it is made, and no
 * transaction is open meanwhile.
 */
@Injectable()
export class OrphansService {
  private readonly log = new Logger(OrphansService.name);

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /**
   * Looks at the orphans that are due, and has done what is next for each.
   * @returns `looked`, how many were due, and what is to be booked of them
   */
  async see(limit: number): Promise<{ looked: number; movements: OrphanMovement[] }> {
    const due = await takeOrphansDue(this.dataSource.manager, limit);
    await Promise.all(
      byAccount(due, (one) => one).map((some) =>
        this.seeAtAccount(
          some.map(({ id }) => id),
          some[0],
        ),
      ),
    );
    const { orphans } = await readOrphans(
      this.dataSource.manager,
      due.map(({ id }) => id),
    );
    return { looked: due.length, movements: [...orphans.values()].flatMap(({ orphan }) => movementsOf(orphan)) };
  }

  /** Says that movements are booked. */
  async booked(movements: readonly Pick<OrphanMovement, 'orphan' | 'kind'>[]): Promise<void> {
    const ids = [...new Set(movements.map(({ orphan }) => orphan))];
    await this.change(ids, ({ orphan }, now) => {
      const kinds = movements.filter((one) => one.orphan === orphan.id).map(({ kind }) => kind);
      return { orphan: later({ ...orphan, booked: [...new Set([...orphan.booked, ...kinds])] }, now) };
    });
  }

  private async seeAtAccount(ids: readonly string[], first: AccountKey | undefined): Promise<void> {
    if (first === undefined || this.calls.heldBack(first) !== undefined) return;
    try {
      const account = await this.accounts.open(first);
      const found = await this.lookAt(account, ids);
      const planned = await this.plan(account, found);
      await this.answer(planned, await this.ask(account, planned));
    } catch (error) {
      // They are due again in a minute.
      this.log.warn(`The orphans of ${first.title} at ${first.provider} cannot be seen to: ${messageOf(error)}`);
    }
  }

  private async lookAt(account: OpenAccount, ids: readonly string[]): Promise<Found[]> {
    const { now, orphans } = await readOrphans(this.dataSource.manager, ids);
    const all = [...orphans.values()];
    const known = all.flatMap(({ orphan }) => (orphan.reference === null ? [] : [{ ...orphan, of: orphan.reference }]));
    const answers = await this.calls.makeAll<Answer>(
      account,
      known.map(({ state, refund, of }) => ({
        name: 'orphan-look',
        make: (at, options) =>
          state === 'refunding' && refund !== null ? at.fetchRefund(refund, options) : at.fetch(of, options),
      })),
      false,
    );
    const looked = known.flatMap(({ id }, place) => {
      const answer = answers[place];
      return answer === undefined ? [] : [{ id, answer }];
    });
    const searched: Found[] = [];
    // One search after the other: each may take many pages.
    for (const one of all) if (one.orphan.reference === null) searched.push(await this.search(account, one, now));
    return [...looked, ...searched];
  }

  /** Looks through all that was created around the creates of a payment. */
  private async search({ account }: OpenAccount, { orphan, owner }: OwnedOrphan, now: Date): Promise<Found> {
    const { id, payment, title, provider } = orphan;
    const window = { ...searchWindowOf(owner, now), purchase: payment };
    const timeoutMs = this.config.PAYMENT_CALL_TIMEOUT_SECONDS * 1_000;
    const { complete, intents } = await account.listCreated(window, { timeoutMs });
    return {
      id,
      isComplete: complete,
      intents: intents
        .filter(({ reference }) => reference !== owner.reference)
        .map(({ reference }) => ({ payment, title, provider, reference, seconds: 0 })),
    };
  }

  /** Takes what was found, decides what is next, and writes both down. */
  private plan(account: OpenAccount, found: readonly Found[]): Promise<Written[]> {
    const byId = new Map(found.map((one) => [one.id, one]));
    return this.change([...byId.keys()], (owned, now, tx) => {
      const { orphan, owner } = owned;
      const one = byId.get(orphan.id);
      if (one === undefined) return { orphan };
      if ('intents' in one)
        return insertOrphans(tx, one.intents).then(() => ({ orphan: afterSearch(orphan, one.isComplete, now) }));
      const { answer } = one;
      if (answer.result === 'refund') return { orphan: afterRefund(orphan, undefined, answer, now) };
      const next = afterLook(orphan, answer as ProviderAnswer, { owner, now, windowHours: account.windowHours });
      if (next.call === undefined) return { orphan: next.orphan };
      const call = plannedCall(next.orphan, next.call, (terms) => account.account.refundBodyOf(terms));
      return { orphan: { ...next.orphan, calls: { ...next.orphan.calls, [call.kind]: call } }, call };
    });
  }

  private async ask(account: OpenAccount, planned: readonly Written[]): Promise<Map<string, Answer>> {
    const asked = planned.flatMap(({ orphan, call }) => (call === undefined ? [] : [{ orphan, call }]));
    const answers = await this.calls.makeAll(account, asked.map(outgoingOf), true);
    return new Map(
      asked.flatMap(({ orphan }, place) => {
        const answer = answers[place];
        return answer === undefined ? [] : [[orphan.id, answer]];
      }),
    );
  }

  private async answer(planned: readonly Written[], answers: ReadonlyMap<string, Answer>): Promise<void> {
    const callOf = new Map(planned.map(({ orphan, call }) => [orphan.id, call]));
    await this.change([...answers.keys()], ({ orphan }, now) => {
      const [call, answer] = [callOf.get(orphan.id), answers.get(orphan.id)];
      if (call === undefined || answer === undefined) return { orphan };
      const after =
        call.kind === 'orphan-refund'
          ? afterRefund(orphan, call, answer as RefundAnswer, now)
          : afterCancel(orphan, call, answer as ProviderAnswer);
      if (after.parked !== null)
        this.log.error(`${orphan.payment}: its money is not given back. ${after.parked.detail}`);
      const answered = after.calls[call.kind];
      return { orphan: after, ...(answered && { call: answered }) };
    });
  }

  /** Locks orphans, decides each anew as it is then, and writes them and their calls. */
  private change(
    ids: readonly string[],
    decide: (
      owned: OwnedOrphan,
      now: Date,
      tx: EntityManager,
    ) => Omit<Written, 'before'> | Promise<Omit<Written, 'before'>>,
  ): Promise<Written[]> {
    if (ids.length === 0) return Promise.resolve([]);
    return runCommand(this.dataSource, async (tx) => {
      await lockOrphans(tx, ids);
      const { now, orphans } = await readOrphans(tx, ids);
      const written: Written[] = [];
      for (const owned of orphans.values()) written.push({ before: owned.orphan, ...(await decide(owned, now, tx)) });
      await writeOrphanStates(
        tx,
        written.filter(({ before, orphan }) => before !== orphan),
      );
      await writeOrphanCalls(
        tx,
        written.flatMap(({ orphan, call }) => (call === undefined ? [] : [{ orphan, call }])),
      );
      return written;
    });
  }
}

function outgoingOf({ orphan, call }: { orphan: Orphan; call: OrphanCall }): Outgoing<Answer> {
  const { kind, key, body } = call;
  if (kind === 'orphan-refund')
    return { name: kind, make: (account, options) => account.refund({ key, body }, options) };
  const { reference } = orphan;
  return { name: kind, make: (account, options) => account.call({ kind: 'cancel', reference, key, body }, options) };
}
