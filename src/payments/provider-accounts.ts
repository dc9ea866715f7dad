import { Inject, Injectable } from '@nestjs/common';
import { AccountsService } from './accounts.service.js';
import type { AccountKey } from './accounts.statements.js';
import { PAYMENT_PROVIDERS } from './payments.tokens.js';
import type { PaymentProvider, ProviderAccount } from './provider.types.js';

/** An account that calls can be made with. */
export interface OpenAccount extends AccountKey {
  account: ProviderAccount;
  /** How long the provider knows a key by what it has answered. */
  windowHours: number;
}

/** The accounts of titles with the clients that speak for them. */
@Injectable()
export class ProviderAccounts {
  private readonly clients = new Map<string, { version: number; account: ProviderAccount }>();

  constructor(
    @Inject(PAYMENT_PROVIDERS) private readonly providers: ReadonlyMap<string, PaymentProvider>,
    private readonly accounts: AccountsService,
  ) {}

  /**
   * Opens an account for calls. Secrets that were changed meanwhile are taken.
   * @throws Error where there is no such account, or where its secrets cannot be opened
   */
  async open({ title, provider: name }: AccountKey): Promise<OpenAccount> {
    const provider = this.providers.get(name);
    if (provider === undefined) throw new Error(`There is no provider ${name}.`);
    const { secrets, version } = await this.accounts.opened(title, name);
    const known = this.clients.get(`${name}/${title}`);
    const account = known?.version === version ? known.account : provider.account(secrets);
    this.clients.set(`${name}/${title}`, { version, account });
    return { title, provider: name, account, windowHours: provider.capabilities.idempotencyWindowHours };
  }
}
