import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError, messageOf, notAsExpected } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { RowTurns } from '../postgres/row-turns.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import { accountFact, endOf, modeOf } from './accounts.rules.js';
import {
  insertAccount,
  lockAccount,
  openSecrets,
  readAccount,
  readSealed,
  readExisting,
  readSealedByOthers,
  sealSecrets,
  updateAccount,
  updateSeal,
  type AccountKey,
  type SealedSecrets,
  type WrittenAccount,
} from './accounts.statements.js';
import type { AccountMode, AccountSecrets, AccountTerms, PaymentAccount } from './accounts.types.js';
import { SecretKeys } from './secret-keys.js';

/** What PUT of an account asks for. `expectedVersion` is that of If-Match. */
export interface PutAccountRequest extends AccountKey {
  terms: AccountTerms;
  expectedVersion?: number;
}

/** The accounts of titles at payment providers. Their secrets are sealed wherever they are kept. */
@Injectable()
export class AccountsService {
  private readonly log = new Logger(AccountsService.name);
  private readonly keys: SecretKeys;

  private readonly turns = new RowTurns();

  constructor(
    @Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource,
    @Inject(CONFIG) config: Config,
  ) {
    this.keys = new SecretKeys(config.VELTRIX_SECRETS_KEY);
  }

  /**
   * Makes an account, or writes it anew with the next version. Asking for what is already so changes nothing.
   * @throws VeltrixError `precondition-failed` if the account is not at the expected version, and `secrets-key-missing`
   */
  put({ title, provider, terms, expectedVersion }: PutAccountRequest): Promise<PaymentAccount> {
    const { secretKey, webhookSecrets, settlementCurrency, spentGoods } = terms;
    const written: WrittenAccount = {
      title,
      provider,
      mode: modeOf(secretKey),
      secretKeyEnd: endOf(secretKey),
      webhookSecretEnds: webhookSecrets.map(endOf),
      settlementCurrency,
      spentGoods,
      secrets: sealSecrets(this.keys, { title, provider }, terms),
    };
    return this.turns.take(`${provider}/${title}`, () =>
      runCommand(this.dataSource, async (tx) => {
        const created = (expectedVersion ?? 0) === 0 ? await insertAccount(tx, written) : undefined;
        if (created !== undefined) return tell(tx, 'payment-account.created', created);
        const stored = await lockAccount(tx, { title, provider });
        if (expectedVersion !== undefined && stored?.account.version !== expectedVersion)
          throw notAsExpected(`The account at ${provider}`, expectedVersion);
        if (stored === undefined) throw new Error(`The account at ${provider} was neither made nor found.`);
        if (this.isSo(stored.account, stored.secrets, terms)) return stored.account;
        return tell(tx, 'payment-account.updated', await updateAccount(tx, written));
      }),
    );
  }

  /** @throws VeltrixError `not-found`, also for the account of another title */
  async account(title: string, provider: AccountKey['provider']): Promise<PaymentAccount> {
    const account = await readAccount(this.dataSource.manager, { title, provider });
    if (account === undefined) throw new VeltrixError('not-found', `There is no account at ${provider}.`);
    return account;
  }

  /** Whether there are these accounts, in order. */
  async existing(keys: readonly AccountKey[]): Promise<boolean[]> {
    const found = await readExisting(this.dataSource.manager, keys);
    const names = new Set(found.map(({ title, provider }) => `${provider}/${title}`));
    return keys.map(({ title, provider }) => names.has(`${provider}/${title}`));
  }

  /**
   * The secrets of an account, for calls with it.
   * @throws VeltrixError `not-found`, and Error where the secrets cannot be opened
   */
  async opened(
    title: string,
    provider: AccountKey['provider'],
  ): Promise<{ secrets: AccountSecrets; mode: AccountMode; version: number }> {
    const stored = await readSealed(this.dataSource.manager, { title, provider });
    if (stored === undefined) throw new VeltrixError('not-found', `There is no account at ${provider}.`);
    const { mode, version } = stored.account;
    return { secrets: openSecrets(this.keys, { title, provider }, stored.secrets), mode, version };
  }

  /** The same for the events of an account, or undefined where there is none or its secrets cannot be opened. */
  async openedOrUnknown(key: AccountKey): Promise<{ secrets: AccountSecrets; mode: AccountMode } | undefined> {
    const stored = await readSealed(this.dataSource.manager, key);
    const secrets = stored && this.openedOrNone(key, stored.secrets);
    return secrets && { secrets, mode: stored.account.mode };
  }

  /**
   * Seals by the first key what another key has sealed, after which that key is needed no more.
   * @returns how many accounts were sealed anew, and those whose secrets could not be opened
   * @throws VeltrixError `secrets-key-missing`
   */
  async resealAll(): Promise<{ sealed: number; unreadable: AccountKey[] }> {
    const unreadable: AccountKey[] = [];
    let sealed = 0;
    for (const key of await readSealedByOthers(this.dataSource.manager, this.keys.current)) {
      const became = await runCommand(this.dataSource, (tx) => this.reseal(tx, key));
      if (became === 'unreadable') unreadable.push(key);
      if (became === 'sealed') sealed += 1;
    }
    return { sealed, unreadable };
  }

  private async reseal(tx: EntityManager, key: AccountKey): Promise<'sealed' | 'unreadable' | 'sealed before'> {
    const stored = await lockAccount(tx, key);
    if (stored === undefined || stored.secrets.sealedBy === this.keys.current) return 'sealed before';
    const secrets = this.openedOrNone(key, stored.secrets);
    if (secrets === undefined) return 'unreadable';
    await updateSeal(tx, key, sealSecrets(this.keys, key, secrets));
    return 'sealed';
  }

  /** An account whose secrets cannot be opened any more is not so, and is written anew. */
  private isSo(account: PaymentAccount, secrets: SealedSecrets, terms: AccountTerms): boolean {
    const { settlementCurrency, spentGoods } = account;
    return isDeepStrictEqual({ ...this.openedOrNone(account, secrets), settlementCurrency, spentGoods }, terms);
  }

  /** The secrets, or undefined where their key is missing or they are not what was sealed for this account. */
  private openedOrNone(account: AccountKey, secrets: SealedSecrets): AccountSecrets | undefined {
    try {
      return openSecrets(this.keys, account, secrets);
    } catch (error) {
      this.log.warn(`The secrets of ${account.title} at ${account.provider} cannot be opened: ${messageOf(error)}`);
      return undefined;
    }
  }
}

async function tell(
  tx: EntityManager,
  type: Parameters<typeof accountFact>[0],
  account: PaymentAccount,
): Promise<PaymentAccount> {
  await tx.query(outboxInsert('payments', 1), [outboxParameter([accountFact(type, account)])]);
  return account;
}
