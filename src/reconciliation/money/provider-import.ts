import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Provider } from '../../payments/accounts.types.js';
import { AccountsService } from '../../payments/accounts.service.js';
import { MAIN_DATABASE } from '../../postgres/data-sources.js';
import { runCommand } from '../../postgres/run-command.js';
import { isOutage } from '../../postgres/sql-errors.js';
import { CONFIG, type Config } from '../../process/config.js';
import type { Look, Part, Reason } from '../checks.types.js';
import { nextAccount, nextPayout } from './provider-objects.reads.js';
import { beginList, moveList, upsertObjects, type AccountName } from './provider-objects.statements.js';
import { lists, pageOf, placeOf, placeText, queryOf, type BadPage, type ImportPlace } from './provider-pages.rules.js';
import { StripeLists } from './stripe-lists.js';

/** Providers tell some of it late, so what is new is read from so much earlier. */
const overlapMs = 72 * 3_600_000;

/** A page that takes longer is none. */
const longestMs = 10_000;

/** From when on an account is read in a run, or null for all of it. */
export function readFrom({ run }: Pick<Look, 'run'>): Date | null {
  return run.since === null ? null : new Date(run.since.getTime() - overlapMs);
}

/**
 * Reads what the accounts at payment providers say, page by page, into tables of its own. Nothing of it is taken from
 * what we have recorded ourselves. A list of which a page is bad is broken for the run, and the next one is read.
 */
@Injectable()
export class ProviderImport {
  private readonly clients = new Map<string, { version: number; lists: StripeLists }>();

  constructor(
    @Inject(MAIN_DATABASE) private readonly dataSource: DataSource,
    private readonly accounts: AccountsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Reads one page. A page that cannot be had or used is a reason of the part.
   * @param after null for the first page of the first account
   * @throws what PostgreSQL throws
   */
  async import(look: Look, after: string | null): Promise<Part> {
    const place = after === null ? await this.firstPlace(look, null) : placeOf(after);
    if (place === undefined) return { findings: [], looked: {}, next: null };
    const { bad, looked, next } = await this.readPage(look, place);
    const reasons: Reason[] =
      bad === undefined
        ? []
        : [{ code: bad.code, detail: `${place.list} of ${place.title}: ${bad.detail}`, title: place.title }];
    return { findings: [], looked, reasons, next: next === undefined ? null : placeText(next) };
  }

  private async readPage(
    look: Look,
    place: ImportPlace,
  ): Promise<{ bad?: BadPage; looked: Record<string, number>; next: ImportPlace | undefined }> {
    const from = readFrom(look);
    const list = lists.find(({ name }) => name === place.list);
    if (list === undefined) throw new Error(`There is no list ${place.list}.`);
    if (place.read === null && place.payout === null) await this.begin(look, place, from);
    if (list.name === 'payout_contents' && place.payout === null) {
      const first = await this.nextContents(look, place, '');
      return { looked: {}, next: first ?? (await this.endOfList(look, place)) };
    }
    const client = await this.client(place);
    // Nothing of an account is read whose secrets cannot be opened.
    if ('bad' in client) return { bad: client.bad, looked: {}, next: await this.firstPlace(look, place) };
    const result = pageOf(list.kind, await client.lists.page(list.path, queryOf(place, from)), place.read);
    if ('bad' in result) {
      await runCommand(this.dataSource, (tx) => moveList(tx, place, look.run.id, 'broken'));
      return { bad: result.bad, looked: {}, next: await this.nextList(look, place) };
    }
    const { objects, read } = result.page;
    await runCommand(this.dataSource, async (tx) => {
      await upsertObjects(tx, place, objects, { run: look.run.id, payout: place.payout });
      await moveList(tx, place, look.run.id, read === null && place.payout === null ? 'whole' : 'reading');
    });
    const looked = { [place.list]: objects.length };
    if (read !== null) return { looked, next: { ...place, read } };
    if (place.payout === null) return { looked, next: await this.nextList(look, place) };
    const following = await this.nextContents(look, place, place.payout);
    return { looked, next: following ?? (await this.endOfList(look, place)) };
  }

  private begin(look: Look, place: ImportPlace, from: Date | null): Promise<void> {
    return runCommand(this.dataSource, (tx) => beginList(tx, place, look.run.id, from));
  }

  /** The contents of the next payout, or undefined behind the last. */
  private async nextContents(look: Look, place: ImportPlace, after: string): Promise<ImportPlace | undefined> {
    const payout = await nextPayout(look.read.main, place, after, readFrom(look));
    return payout === undefined ? undefined : { ...place, payout, read: null };
  }

  /** Ends the contents of payouts, after the last of which the list is whole. */
  private async endOfList(look: Look, place: ImportPlace): Promise<ImportPlace | undefined> {
    await runCommand(this.dataSource, (tx) => moveList(tx, place, look.run.id, 'whole'));
    return this.nextList(look, place);
  }

  /** The first page of the next list, or of the next account. */
  private nextList(look: Look, place: ImportPlace): Promise<ImportPlace | undefined> {
    const at = lists.findIndex(({ name }) => name === place.list);
    const following = lists[at + 1];
    if (following === undefined) return this.firstPlace(look, place);
    return Promise.resolve({ ...place, list: following.name, payout: null, read: null });
  }

  private async firstPlace(look: Look, after: AccountName | null): Promise<ImportPlace | undefined> {
    const account = await nextAccount(look.read.payments, after, look.run.title);
    return account && { ...account, list: lists[0].name, payout: null, read: null };
  }

  /** The client of an account. Secrets that were changed meanwhile are taken. */
  private async client({ title, provider }: AccountName): Promise<{ lists: StripeLists } | { bad: BadPage }> {
    const name = `${provider}/${title}`;
    try {
      const { secrets, version } = await this.accounts.opened(title, provider as Provider);
      const known = this.clients.get(name);
      if (known?.version === version) return known;
      const timeoutMs = Math.min(this.config.PAYMENT_CALL_TIMEOUT_SECONDS * 1_000, longestMs);
      const made = { version, lists: new StripeLists(secrets.secretKey, this.config.STRIPE_API_URL, timeoutMs) };
      this.clients.set(name, made);
      return made;
    } catch (error) {
      if (isOutage(error)) throw error;
      return { bad: { code: 'side-unreadable', detail: 'The secrets of the account cannot be opened.' } };
    }
  }
}
