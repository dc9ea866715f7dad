import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { noteLooks } from './outside-looks.statements.js';
import type { OutsideEntry, OutsideName } from './outside-port.types.js';
import { windowOf } from './outside.rules.js';
import { forgetSeen, insertSeen, moveWalk, ownIntents, takeWalksDue } from './outside-walks.statements.js';
import type { OutsideWalk } from './outside.types.js';
import { ProviderAccounts, type OpenAccount } from './provider-accounts.js';
import { ProviderCalls } from './provider-calls.js';
import { ProviderMetrics } from './provider-metrics.js';
import type { OutsidePage } from './provider.types.js';

/** How many pages of one account are read in a turn. The rest comes in the next one, after the other accounts. */
const pagesAtOnce = 10;

/** For how long nobody else walks an account whose turn is under way. */
const leaseSeconds = 180;

/** How long after a walk the next one of the account begins. */
const secondsBetweenWalks = 60;

/**
 * Walks through what accounts tell, so that nothing is missed where no event comes. Each page is taken in the
 * transaction that moves the walk on.
 */
@Injectable()
export class OutsideWalks {
  private readonly log = new Logger(OutsideWalks.name);

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: ProviderAccounts,
    private readonly calls: ProviderCalls,
    private readonly metrics: ProviderMetrics,
  ) {}

  /** Walks the accounts that are due. @returns how many there were */
  async walk(limit: number): Promise<number> {
    const due = await takeWalksDue(this.dataSource.manager, limit);
    await Promise.all(due.map(({ walk, now }) => this.walkOne(walk, now)));
    return due.length;
  }

  /** What is wrong with one account keeps no other from being walked. */
  private async walkOne(begun: OutsideWalk, now: Date): Promise<void> {
    try {
      if (this.calls.heldBack(begun) !== undefined) return;
      const account = await this.accounts.open(begun);
      let walk = begun;
      for (let pages = 0; pages < pagesAtOnce; pages++) {
        const next = await this.walkPage(account, walk, now, pages + 1 < pagesAtOnce ? leaseSeconds : 0);
        if (next === undefined || next.window === null) return;
        walk = next;
      }
    } catch (error) {
      // It is due again in three minutes.
      this.log.warn(`What ${begun.title} at ${begun.provider} tells cannot be read: ${messageOf(error)}`);
    }
  }

  /**
   * @param pauseSeconds in how long the walk is due again where it is not at its end
   * @returns the walk behind the page, or undefined where the page could not be had
   */
  private async walkPage(
    account: OpenAccount,
    walk: OutsideWalk,
    now: Date,
    pauseSeconds: number,
  ): Promise<OutsideWalk | undefined> {
    const window = walk.window ?? windowOf(walk.walkedUntil, now);
    const [answer] = await this.calls.makeAll<OutsidePage>(
      account,
      [{ name: 'outside-list', make: (at, options) => at.listOutside(window, walk.after ?? undefined, options) }],
      true,
    );
    // What the provider does not know any more as a place in a list is no place: the walk begins anew.
    if (answer?.result === 'refused')
      await moveWalk(this.dataSource.manager, walk, { ...walk, window: null, after: null }, secondsBetweenWalks);
    if (answer?.result !== 'page') return undefined;
    const { entries, next } = answer;
    const moved =
      next === null ? { ...walk, walkedUntil: window.to, window: null, after: null } : { ...walk, window, after: next };
    const found = await runCommand(this.dataSource, async (tx) => {
      const fresh = await insertSeen(tx, walk, entries);
      const ours = await ownIntents(
        tx,
        walk,
        fresh.flatMap(({ about }) => (about?.kind === 'intent' ? about.id : [])),
      );
      const counted = fresh.map((entry) => ({ entry, outcome: outcomeOf(entry, ours) }));
      const named = counted.flatMap(({ entry: { about }, outcome }): OutsideName[] =>
        outcome === 'ours' && about !== null ? [about] : [],
      );
      await noteLooks(
        tx,
        named.map((name) => ({ title: walk.title, provider: walk.provider, name })),
      );
      if (next === null) await forgetSeen(tx, walk, windowOf(window.from, now).from);
      await moveWalk(tx, walk, moved, next === null ? secondsBetweenWalks : pauseSeconds);
      return counted;
    });
    for (const { outcome } of found) this.metrics.foundOutside(outcome);
    return moved;
  }
}

/** Whose an entry is: of a payment of ours, of a refund that we have asked for, or of somebody else. */
function outcomeOf({ about, isOwn }: OutsideEntry, ours: ReadonlySet<string>): 'ours' | 'own' | 'foreign' {
  if (isOwn) return 'own';
  if (about === null) return 'foreign';
  return about.kind !== 'intent' || ours.has(about.id) ? 'ours' : 'foreign';
}
