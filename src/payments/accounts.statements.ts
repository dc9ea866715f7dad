import type { EntityManager } from 'typeorm';
import type { AccountSecrets, PaymentAccount, Provider } from './accounts.types.js';
import type { SecretKeys, Sealed } from './secret-keys.js';

/** The account of a title at a provider. */
export interface AccountKey {
  title: string;
  provider: Provider;
}

/** The secrets of an account as they are stored, both sealed by one key. */
export interface SealedSecrets {
  sealedBy: string;
  secretKey: Buffer;
  webhookSecrets: Buffer;
}

interface AccountRow {
  title: string;
  provider: Provider;
  mode: PaymentAccount['mode'];
  secret_key: Buffer;
  webhook_secrets: Buffer;
  sealed_by: string;
  secret_key_end: string;
  webhook_secret_ends: string[];
  settlement_currency: string;
  spent_goods: PaymentAccount['spentGoods'];
  version: string;
  created_at: Date;
  updated_at: Date;
}

const shownColumns = `title, provider, mode, secret_key_end, webhook_secret_ends, settlement_currency, spent_goods,
  version, created_at, updated_at`;
const sealedColumns = 'secret_key, webhook_secrets, sealed_by';

function accountOf(row: AccountRow): PaymentAccount {
  return {
    title: row.title,
    provider: row.provider,
    mode: row.mode,
    secretKeyEnd: row.secret_key_end,
    webhookSecretEnds: row.webhook_secret_ends,
    settlementCurrency: row.settlement_currency,
    spentGoods: row.spent_goods,
    version: Number(row.version),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** An account without its secrets; undefined where there is none. */
export async function readAccount(
  manager: EntityManager,
  { title, provider }: AccountKey,
): Promise<PaymentAccount | undefined> {
  const [row] = await manager.query<AccountRow[]>(
    `select ${shownColumns} from payments.accounts where title = $1 and provider = $2`,
    [title, provider],
  );
  return row && accountOf(row);
}

/** Those of these accounts that exist. */
export async function readExisting(manager: EntityManager, keys: readonly AccountKey[]): Promise<AccountKey[]> {
  return manager.query<AccountKey[]>(
    `select title, provider from payments.accounts
     where (title, provider) in (select * from unnest($1::text[], $2::text[]))`,
    [keys.map(({ title }) => title), keys.map(({ provider }) => provider)],
  );
}

/** Locks and reads an account, with its sealed secrets; undefined where there is none. */
export async function lockAccount(
  tx: EntityManager,
  { title, provider }: AccountKey,
): Promise<{ account: PaymentAccount; secrets: SealedSecrets } | undefined> {
  const [row] = await tx.query<AccountRow[]>(
    `select ${shownColumns}, ${sealedColumns} from payments.accounts where title = $1 and provider = $2
     for no key update`,
    [title, provider],
  );
  return row && { account: accountOf(row), secrets: secretsOf(row) };
}

/** Reads an account, with its sealed secrets, without a lock; undefined where there is none. */
export async function readSealed(
  manager: EntityManager,
  { title, provider }: AccountKey,
): Promise<{ account: PaymentAccount; secrets: SealedSecrets } | undefined> {
  const [row] = await manager.query<AccountRow[]>(
    `select ${shownColumns}, ${sealedColumns} from payments.accounts where title = $1 and provider = $2`,
    [title, provider],
  );
  return row && { account: accountOf(row), secrets: secretsOf(row) };
}

function secretsOf(row: AccountRow): SealedSecrets {
  return { sealedBy: row.sealed_by, secretKey: row.secret_key, webhookSecrets: row.webhook_secrets };
}

/** The columns of an account that a command writes; PostgreSQL makes the others. */
export type WrittenAccount = Omit<PaymentAccount, 'version' | 'createdAt' | 'updatedAt'> & { secrets: SealedSecrets };

const parametersOf = (account: WrittenAccount): unknown[] => [
  account.title,
  account.provider,
  account.mode,
  account.secrets.secretKey,
  account.secrets.webhookSecrets,
  account.secrets.sealedBy,
  account.secretKeyEnd,
  account.webhookSecretEnds,
  account.settlementCurrency,
  account.spentGoods,
];

/** Makes an account. @returns undefined where it is there already */
export async function insertAccount(tx: EntityManager, account: WrittenAccount): Promise<PaymentAccount | undefined> {
  const [row] = await tx.query<AccountRow[]>(
    `insert into payments.accounts (title, provider, mode, ${sealedColumns}, secret_key_end, webhook_secret_ends,
       settlement_currency, spent_goods)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning ${shownColumns}`,
    parametersOf(account),
  );
  return row && accountOf(row);
}

/** Writes all columns of a locked account anew, with the next version. */
export async function updateAccount(tx: EntityManager, account: WrittenAccount): Promise<PaymentAccount> {
  const [row] = await tx.query<[AccountRow]>(
    // TypeORM answers an `update … returning` as rows and a count, and a `select` as the rows alone.
    `with updated as (
      update payments.accounts set mode = $3, secret_key = $4, webhook_secrets = $5, sealed_by = $6,
        secret_key_end = $7, webhook_secret_ends = $8, settlement_currency = $9, spent_goods = $10,
        version = version + 1, updated_at = now()
      where title = $1 and provider = $2 returning ${shownColumns})
    select * from updated`,
    parametersOf(account),
  );
  return accountOf(row);
}

/** Writes the secrets of a locked account as another key has sealed them. They are the same, so the version stays. */
export async function updateSeal(
  tx: EntityManager,
  { title, provider }: AccountKey,
  secrets: SealedSecrets,
): Promise<void> {
  await tx.query(
    `update payments.accounts set secret_key = $3, webhook_secrets = $4, sealed_by = $5
     where title = $1 and provider = $2`,
    [title, provider, secrets.secretKey, secrets.webhookSecrets, secrets.sealedBy],
  );
}

/** The accounts whose secrets are sealed by another key than this one. @param current the name of the key */
export async function readSealedByOthers(manager: EntityManager, current: string): Promise<AccountKey[]> {
  return manager.query<AccountKey[]>(
    'select title, provider from payments.accounts where sealed_by <> $1 order by title, provider',
    [current],
  );
}

/** What a secret is sealed together with, so that it opens in its own column of its own row alone. */
const contextOf = ({ title, provider }: AccountKey, what: string): string =>
  `payments.accounts ${title} ${provider} ${what}`;

/** Seals the secrets of an account. @throws VeltrixError `secrets-key-missing` */
export function sealSecrets(keys: SecretKeys, account: AccountKey, secrets: AccountSecrets): SealedSecrets {
  const secretKey = keys.seal(secrets.secretKey, contextOf(account, 'secret key'));
  const webhookSecrets = keys.seal(JSON.stringify(secrets.webhookSecrets), contextOf(account, 'webhook secrets'));
  return { sealedBy: secretKey.sealedBy, secretKey: secretKey.bytes, webhookSecrets: webhookSecrets.bytes };
}

/**
 * Opens the secrets of an account.
 * @throws Error where no key opens them, or where they are those of another account
 */
export function openSecrets(keys: SecretKeys, account: AccountKey, secrets: SealedSecrets): AccountSecrets {
  const sealedAs = (bytes: Buffer): Sealed => ({ sealedBy: secrets.sealedBy, bytes });
  return {
    secretKey: keys.open(sealedAs(secrets.secretKey), contextOf(account, 'secret key')),
    webhookSecrets: JSON.parse(
      keys.open(sealedAs(secrets.webhookSecrets), contextOf(account, 'webhook secrets')),
    ) as string[],
  };
}
