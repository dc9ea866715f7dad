import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { outboxInsert, outboxParameter } from '../events/outbox.js';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import { CONFIG, type Config } from '../process/config.js';
import { accountFact, endOf, modeOf } from './accounts.rules.js';
import {
  insertAccount,
  lockAccount,
  openSecrets,
  readAccount,
  readSealedByOthers,
  sealSecrets,
  updateAccount,
  updateSeal,
  type AccountKey,
  type SealedSecrets,
  type WrittenAccount,
} from './accounts.statements.js';
import type { AccountTerms, PaymentAccount } from './accounts.types.js';
import { SecretKeys } from './secret-keys.js';

/** What PUT of an account asks for. `expectedVersion` is that of If-Match. */
export interface PutAccountRequest extends AccountKey {
  terms: AccountTerms;
  expectedVersion?: number;
}

/** The accounts of titles at payment providers. Their secrets are sealed wherever they are kept. */
@Injectable()
export class AccountsService {
  private readonly keys: SecretKeys;

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
    return runCommand(this.dataSource, async (tx) => {
      const created = expectedVersion === undefined ? await insertAccount(tx, written) : undefined;
      if (created !== undefined) return tell(tx, 'payment-account.created', created);
      const stored = await lockAccount(tx, { title, provider });
      if (expectedVersion !== undefined && stored?.account.version !== expectedVersion)
        throw new VeltrixError('precondition-failed', `The account is not at version ${expectedVersion}.`);
      if (stored === undefined) throw new Error(`The account at ${provider} was neither made nor found.`);
      if (this.isSo(stored.account, stored.secrets, terms)) return stored.account;
      return tell(tx, 'payment-account.updated', await updateAccount(tx, written));
    });
  }

  /** @throws VeltrixError `not-found`, also for the account of another title */
  async account(title: string, provider: AccountKey['provider']): Promise<PaymentAccount> {
    const account = await readAccount(this.dataSource.manager, { title, provider });
    if (account === undefined) throw new VeltrixError('not-found', `There is no account at ${provider}.`);
    return account;
  }

  /**
   * Seals by the first key what another key has sealed, after which that key is needed no more.
   * @returns how many accounts were sealed anew
   * @throws Error where a key is missing that has sealed one of them, with those before it sealed anew
   */
  async resealAll(): Promise<number> {
    const others = await readSealedByOthers(this.dataSource.manager, this.keys.current);
    for (const key of others) {
      await runCommand(this.dataSource, async (tx) => {
        const stored = await lockAccount(tx, key);
        if (stored === undefined || stored.secrets.sealedBy === this.keys.current) return;
        await updateSeal(tx, key, sealSecrets(this.keys, key, openSecrets(this.keys, key, stored.secrets)));
      });
    }
    return others.length;
  }

  /** An account whose secrets cannot be opened any more is not so, and is written anew. */
  private isSo(account: PaymentAccount, secrets: SealedSecrets, terms: AccountTerms): boolean {
    if (!this.keys.canOpen(secrets)) return false;
    const { settlementCurrency, spentGoods } = account;
    return isDeepStrictEqual({ ...openSecrets(this.keys, account, secrets), settlementCurrency, spentGoods }, terms);
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
