import { Injectable } from '@nestjs/common';
import { AccountsService } from './accounts.service.js';
import type { AccountKey } from './accounts.statements.js';
import type { AccountMode } from './accounts.types.js';

/** By what the events of an account are judged. */
export interface EventSecrets {
  mode: AccountMode;
  webhookSecrets: readonly string[];
}

const keepMs = 2_000;
const maxAccounts = 10_000;

/**
 * The webhook secrets of the accounts that had events lately. They are kept so briefly that a secret which another
 * process has rotated ends within two seconds. Accounts that are not there are kept too, so that a flood of events
 * costs the database little.
 */
@Injectable()
export class WebhookSecrets {
  private readonly held = new Map<string, { secrets: Promise<EventSecrets | undefined>; until: number }>();

  constructor(private readonly accounts: AccountsService) {}

  /**
   * The secrets, or undefined where there is no account or its secrets cannot be opened. Requests that ask at the same
   * moment share one query.
   * @throws what the database throws; such an answer is not kept
   */
  find(account: AccountKey): Promise<EventSecrets | undefined> {
    const name = nameOf(account);
    const held = this.held.get(name);
    if (held !== undefined && held.until > performance.now()) return held.secrets;
    if (this.held.size >= maxAccounts) this.held.clear();
    const entry = { secrets: this.load(account), until: performance.now() + keepMs };
    this.held.set(name, entry);
    entry.secrets.catch(() => {
      if (this.held.get(name) === entry) this.held.delete(name);
    });
    return entry.secrets;
  }

  /** Asks the database the next time, because the account was changed here. */
  forget(account: AccountKey): void {
    this.held.delete(nameOf(account));
  }

  private async load(account: AccountKey): Promise<EventSecrets | undefined> {
    const found = await this.accounts.openedOrUnknown(account);
    return found && { mode: found.mode, webhookSecrets: found.secrets.webhookSecrets };
  }
}

/** No name of a provider has a slash. */
function nameOf({ title, provider }: AccountKey): string {
  return `${provider}/${title}`;
}
