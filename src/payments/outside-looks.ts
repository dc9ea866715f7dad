import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { splitOnFailure } from '../postgres/split-on-failure.js';
import { byAccount } from './accounts.rules.js';
import { endLooks, lockLooks, noteLooks, takeLooksDue, type LookEnd } from './outside-looks.statements.js';
import { lockOwners, readOwners, writeFound, writeWarning, type OwnedFound } from './outside-movements.statements.js';
import { afterOutsideLook, nextLookAt, type OutsideTold } from './outside.rules.js';
import type { OutsideLook, OutsideOwner } from './outside.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls, type Outgoing } from './provider-calls.js';
import type { DisputesAnswer, NamedAnswer, RefundListAnswer } from './provider.types.js';

type Look = OutsideLook & { now: Date };
type Answer = DisputesAnswer | NamedAnswer | RefundListAnswer;
type Missing = Exclude<Answer, { result: 'refunds' | 'disputes' | 'named' }>;

/** A look with what was told, or with why nothing was. */
type Looked = { look: Look } & (
  { told: OutsideTold } | { named: Extract<NamedAnswer, { result: 'named' }> } | { failed: Missing | undefined }
);

/**
 * Looks at what an event or a walk has named: at the refunds and disputes of an intent, all of them, so that the order
 * in which they are told is nothing to go by.
 */
@Injectable()
export class OutsideLooks {
  private readonly log = new Logger(OutsideLooks.name);

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
  ) {}

  /** Looks at what is due. @returns how many there were */
  async look(limit: number): Promise<number> {
    const due = await takeLooksDue(this.dataSource.manager, limit);
    await Promise.all(byAccount(due, (one) => one).map((some) => this.lookAtAccount(some)));
    return due.length;
  }

  /** What is wrong with one keeps no other from being taken. */
  private async lookAtAccount(looks: readonly Look[]): Promise<void> {
    const [first] = looks;
    if (first === undefined || this.calls.heldBack(first) !== undefined) return;
    try {
      const looked = await this.ask(await this.accounts.open(first), looks);
      const results = await splitOnFailure(looked, async (some) => {
        await this.take(some);
        return [...some];
      });
      for (const result of results) if ('error' in result) throw result.error;
    } catch (error) {
      // They are due again in three minutes.
      this.log.warn(`What has moved for ${first.title} at ${first.provider} is not taken: ${messageOf(error)}`);
    }
  }

  private async ask(account: OpenAccount, looks: readonly Look[]): Promise<Looked[]> {
    const asked = looks.map(outgoingOf);
    const answers = await this.calls.makeAll<Answer>(account, asked.flat(), true);
    return looks.map((look, place) => {
      const from = asked.slice(0, place).flat().length;
      const own = answers.slice(from, from + (asked[place]?.length ?? 0));
      const [named] = own;
      if (named?.result === 'named') return { look, named };
      const refunds = own.find((one) => one.result === 'refunds');
      const disputes = own.find((one) => one.result === 'disputes');
      if (refunds !== undefined && disputes !== undefined)
        return { look, told: { refunds: refunds.refunds, disputes: disputes.disputes } };
      return { look, failed: own.find(isMissing) };
    });
  }

  /** Decides what was told, under the locks of the payments, and writes it with what becomes of the looks. */
  private async take(all: readonly Looked[]): Promise<void> {
    const ends = await runCommand(this.dataSource, async (tx) => {
      const intents = all.flatMap((one) => intentKeyOf(one) ?? []);
      const before = await readOwners(tx, intents);
      await lockOwners(
        tx,
        [...before.values()].map(({ payment }) => payment),
      );
      const valid = await lockLooks(
        tx,
        all.map(({ look }) => look),
      );
      const written: LookEnd[] = [];
      // Two intents of one payment change the same row, so each is decided by what the one before has written.
      for (const one of all) if (valid.has(one.look.look)) written.push(await this.decide(tx, one));
      await endLooks(tx, written);
      return written;
    });
    for (const { look, parked } of ends)
      if (parked !== null) this.log.error(`${look.kind} ${look.id} of ${look.title} waits for a person. ${parked}`);
  }

  private async decide(tx: EntityManager, looked: Looked): Promise<LookEnd> {
    const { look } = looked;
    if ('failed' in looked) return endOfFailed(look, looked.failed);
    const key = intentKeyOf(looked);
    const owner = key && (await readOwners(tx, [key])).get(key.intent);
    // Another application's, on the same account.
    if (owner === undefined) return { look, dueAt: null, parked: null };
    return 'told' in looked
      ? this.decideIntent(tx, look, owner, looked.told)
      : this.decideNamed(tx, look, owner, looked.named);
  }

  private async decideIntent(tx: EntityManager, look: Look, owner: OutsideOwner, told: OutsideTold): Promise<LookEnd> {
    const { createdAt, now } = look;
    // Whether it is paid is just being found out, and money goes back of what is paid alone.
    if (owner.is === 'undecided') return { look, dueAt: nextLookAt(createdAt, now, false), parked: null };
    const found: OwnedFound = { owner, found: afterOutsideLook(owner, told) };
    await writeFound(tx, [found]);
    const { isOpen, trouble } = found.found;
    const isOver = !isOpen && trouble === undefined;
    return {
      look,
      dueAt: isOver ? null : nextLookAt(createdAt, now, trouble !== undefined && !isOpen),
      parked: trouble ?? null,
    };
  }

  /** What was named by its own id: the intent is looked at next. */
  private async decideNamed(
    tx: EntityManager,
    look: Look,
    owner: OutsideOwner,
    { warning }: Extract<NamedAnswer, { result: 'named' }>,
  ): Promise<LookEnd> {
    const { title, provider, id: reference, kind } = look;
    if (kind !== 'fraud-warning') {
      await noteLooks(tx, [{ title, provider, name: { kind: 'intent', id: owner.intent } }]);
      return { look, dueAt: null, parked: null };
    }
    if (warning !== null && warning.mode !== owner.mode)
      return {
        look,
        dueAt: nextLookAt(look.createdAt, look.now, true),
        parked: `It is in ${warning.mode} mode, and the account in ${owner.mode} mode.`,
      };
    if (warning !== null)
      await writeWarning(tx, { owner, reference, fraud: warning.fraud, isActionable: warning.isActionable });
    return { look, dueAt: null, parked: null };
  }
}

/** What is asked for a look: of an intent its refunds and disputes, of the rest which intent it is about. */
function outgoingOf({ kind, id }: Look): Outgoing<Answer>[] {
  if (kind !== 'intent')
    return [{ name: 'outside-look', make: (account, options) => account.fetchNamed({ kind, id }, options) }];
  return [
    { name: 'refunds', make: (account, options) => account.listRefunds(id, options) },
    { name: 'disputes', make: (account, options) => account.listDisputes(id, options) },
  ];
}

function intentKeyOf(looked: Looked): { title: string; provider: string; intent: string } | undefined {
  const { title, provider, id } = looked.look;
  if ('failed' in looked) return undefined;
  const intent = 'told' in looked ? id : looked.named.intent;
  return intent === null ? undefined : { title, provider, intent };
}

function isMissing(answer: Answer): answer is Missing {
  return answer.result !== 'refunds' && answer.result !== 'disputes' && answer.result !== 'named';
}

/** What the account does not know, or refuses to tell, waits for a person. The rest is asked again soon. */
function endOfFailed(look: Look, answer: Missing | undefined): LookEnd {
  const parked =
    answer?.result === 'missing'
      ? 'The account does not know it.'
      : answer?.result === 'refused'
        ? `The provider refuses to tell it: ${answer.detail}`
        : null;
  return { look, dueAt: nextLookAt(look.createdAt, look.now, parked !== null), parked };
}
