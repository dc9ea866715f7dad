import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { HeldRows } from '../postgres/held-rows.js';
import { runCommand } from '../postgres/run-command.js';
import { outageOf, splitOnFailure } from '../postgres/split-on-failure.js';
import { isOutage } from '../postgres/sql-errors.js';
import { byAccount } from './accounts.rules.js';
import type { AccountKey } from './accounts.statements.js';
import { searchCreated } from './created-search.js';
import { plannedCall, searchWindowOf, withCall } from './orphan-calls.rules.js';
import { afterCancel, afterLook, afterRefund, afterSearch, done, movementsOf } from './orphans.rules.js';
import {
  findHeldOrphans,
  insertOrphans,
  lockOrphans,
  readOrphans,
  takeOrphansDue,
  writeOrphanCalls,
  writeOrphanStates,
  type OwnedOrphan,
} from './orphans.statements.js';
import type { NewOrphan, Orphan, OrphanCall, OrphanMovement, OrphanOwner } from './orphans.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import type { ProviderAnswer, RefundAnswer } from './provider.types.js';

type Answer = ProviderAnswer | RefundAnswer;
type Written = { before: Orphan; orphan: Orphan; call?: OrphanCall };

/** What was found of an orphan: by a look at its intent or its refund, or by a search. */
type Found = { id: string } & (
  | { about: 'intent'; answer: ProviderAnswer }
  | { about: 'refund'; answer: RefundAnswer }
  | { about: 'search'; intents: readonly NewOrphan[]; isComplete: boolean }
);

/**
 * Sees to the intents at providers that no purchase takes: what is open is cancelled, and what was captured is given
 * back. No saga waits for it. As for payments, a call is written down and committed before it is made, and no
 * transaction is open meanwhile.
 */
@Injectable()
export class OrphansService {
  private readonly log = new Logger(OrphansService.name);
  private readonly held = new HeldRows<string>(
    (id) => [id],
    (ids, waits) => findHeldOrphans(this.dataSource.manager, ids, waits),
  );

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
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

  /** Says that movements are booked. An orphan whose rows somebody holds is left to a later turn. */
  async booked(movements: readonly Pick<OrphanMovement, 'orphan' | 'kind'>[]): Promise<void> {
    const ids = [...new Set(movements.map(({ orphan }) => orphan))];
    const decided = ({ orphan }: OwnedOrphan, now: Date): Omit<Written, 'before'> => {
      const kinds = movements.filter((one) => one.orphan === orphan.id).map(({ kind }) => kind);
      const after = { ...orphan, booked: [...new Set([...orphan.booked, ...kinds])] };
      return { orphan: after.state === 'returned' ? done(after, now) : after };
    };
    const results = await splitOnFailure(ids, async (some) => {
      await this.held.run(some, () => this.change(some, decided));
      return [...some];
    });
    const outage = outageOf(results);
    if (outage !== undefined) throw outage.error;
    // They are due again in three minutes, and the ledger books nothing twice.
    for (const [place, result] of results.entries())
      if ('error' in result)
        this.log.warn(`The orphan ${ids[place]} is not noted as booked: ${messageOf(result.error)}`);
  }

  /** What is wrong with one orphan keeps no other from being seen to. */
  private async seeAtAccount(ids: readonly string[], account: AccountKey | undefined): Promise<void> {
    if (account === undefined || this.calls.heldBack(account) !== undefined) return;
    try {
      await this.seeTo(await this.accounts.open(account), ids);
    } catch (error) {
      // They are due again in three minutes.
      this.log.warn(`Orphans of ${account.title} at ${account.provider} cannot be seen to: ${messageOf(error)}`);
      if (ids.length > 1 && !isOutage(error)) for (const id of ids) await this.seeAtAccount([id], account);
    }
  }

  private async seeTo(account: OpenAccount, ids: readonly string[]): Promise<void> {
    const { now, orphans } = await readOrphans(this.dataSource.manager, ids);
    const all = [...orphans.values()];
    const planned = await this.plan(account, await this.lookAt(account, all));
    await this.answer(planned, await this.ask(account, planned));
    // A search may take many pages, so the others wait for their turn.
    const unknown = all.find(({ orphan }) => orphan.reference === null);
    if (unknown !== undefined) await this.plan(account, [await this.search(account, unknown, now)]);
  }

  private async lookAt(account: OpenAccount, all: readonly OwnedOrphan[]): Promise<Found[]> {
    const looks = all.flatMap(
      ({ orphan: { id, reference, state, refund } }): { id: string; look: Outgoing<Answer> }[] => {
        if (reference === null) return [];
        if (state === 'refunding' && refund !== null)
          return [{ id, look: { name: 'refund-look', make: (at, options) => at.fetchRefund(refund, options) } }];
        return [{ id, look: { name: 'orphan-look', make: (at, options) => at.fetch(reference, options) } }];
      },
    );
    const answers = await this.calls.makeAll(
      account,
      looks.map(({ look }) => look),
      true,
    );
    return looks.flatMap(({ id, look }, place): Found[] => {
      const answer = answers[place];
      if (answer === undefined) return [];
      return look.name === 'refund-look'
        ? [{ id, about: 'refund', answer: answer as RefundAnswer }]
        : [{ id, about: 'intent', answer: answer as ProviderAnswer }];
    });
  }

  /** Looks through all that was created around the creates of a payment. */
  private async search(account: OpenAccount, { orphan, owner }: OwnedOrphan, now: Date): Promise<Found> {
    const { id, payment, title, provider } = orphan;
    const window = { ...searchWindowOf(owner, now), purchase: payment };
    const { complete, intents } = await searchCreated(this.calls, account, window, true);
    return {
      id,
      about: 'search',
      isComplete: complete,
      intents: [...new Set(intents.map(({ reference }) => reference))]
        .filter((reference) => reference !== owner.reference)
        .map((reference) => ({ payment, title, provider, reference, seconds: 0 })),
    };
  }

  /** Takes what was found, decides what is next, and writes both down. */
  private plan(account: OpenAccount, found: readonly Found[]): Promise<Written[]> {
    const byId = new Map(found.map((one) => [one.id, one]));
    /** The last seq of each kind of call, for the orphans of one payment that are planned together. */
    const lastSeq = new Map<string, OrphanOwner['lastSeq']>();
    return this.change([...byId.keys()], ({ orphan, owner: stored }, now, tx) => {
      const owner = { ...stored, lastSeq: lastSeq.get(orphan.payment) ?? stored.lastSeq };
      const one = byId.get(orphan.id);
      if (one === undefined) return { orphan };
      if (one.about === 'search')
        return insertOrphans(tx, one.intents).then(() => ({ orphan: afterSearch(orphan, one.isComplete, now) }));
      if (one.about === 'refund') return { orphan: afterRefund(orphan, undefined, one.answer, now) };
      const next = afterLook(orphan, one.answer, { owner, now, windowHours: account.windowHours });
      if (next.call === undefined) return { orphan: next.orphan };
      const call = plannedCall(next.orphan, next.call, (terms) => account.account.refundBodyOf(terms));
      lastSeq.set(orphan.payment, { ...owner.lastSeq, [call.kind]: Math.max(owner.lastSeq[call.kind], call.seq) });
      // What was told meanwhile has it looked at again at once.
      const isWoken = orphan.dueAt !== null && orphan.dueAt <= now;
      return { orphan: { ...withCall(next.orphan, call), ...(isWoken && { dueAt: orphan.dueAt }) }, call };
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

  /** @throws what one of them has failed with, once the others are written */
  private async answer(planned: readonly Written[], answers: ReadonlyMap<string, Answer>): Promise<void> {
    const callOf = new Map(planned.map(({ orphan, call }) => [orphan.id, call]));
    const decided = ({ orphan }: OwnedOrphan, now: Date): Omit<Written, 'before'> => {
      const [call, answer] = [callOf.get(orphan.id), answers.get(orphan.id)];
      if (call === undefined || answer === undefined) return { orphan };
      const after =
        call.kind === 'orphan-refund'
          ? afterRefund(orphan, call, answer as RefundAnswer, now)
          : afterCancel(orphan, call, answer as ProviderAnswer);
      const answered = after.calls[call.kind];
      return { orphan: after, ...(answered && { call: answered }) };
    };
    const results = await splitOnFailure([...answers.keys()], async (some) => {
      await this.change(some, decided);
      return [...some];
    });
    for (const result of results) if ('error' in result) throw result.error;
  }

  /** Locks orphans, decides each anew as it is then, and writes them and their calls. */
  private async change(
    ids: readonly string[],
    decide: (
      owned: OwnedOrphan,
      now: Date,
      tx: EntityManager,
    ) => Omit<Written, 'before'> | Promise<Omit<Written, 'before'>>,
  ): Promise<Written[]> {
    if (ids.length === 0) return [];
    const changed = await runCommand(this.dataSource, async (tx) => {
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
    for (const { before, orphan } of changed)
      if (before.parked === null && orphan.parked !== null)
        this.log.error(
          `${orphan.payment}: an intent that it does not take waits for a person. ${orphan.parked.detail}`,
        );
    return changed;
  }
}

function outgoingOf({ orphan, call }: { orphan: Orphan; call: OrphanCall }): Outgoing<Answer> {
  const { kind, key, body } = call;
  if (kind === 'orphan-refund')
    return { name: kind, make: (account, options) => account.refund({ key, body }, options) };
  const { reference } = orphan;
  return { name: kind, make: (account, options) => account.call({ kind: 'cancel', reference, key, body }, options) };
}
