import type { EntityManager } from 'typeorm';
import type { AccountSecrets, PaymentAccount, Provider } from './accounts.types.js';
import type { SecretKeys, Sealed } from './secret-keys.js';

/** Which account a statement is about. */
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

const shown = `title, provider, mode, secret_key_end, webhook_secret_ends, settlement_currency, spent_goods, version,
  created_at, updated_at`;
const sealed = 'secret_key, webhook_secrets, sealed_by';

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

/** An account as it may be shown, or undefined where there is none. */
export async function readAccount(
  manager: EntityManager,
  { title, provider }: AccountKey,
): Promise<PaymentAccount | undefined> {
  const [row] = await manager.query<AccountRow[]>(
    `select ${shown} from payments.accounts where title = $1 and provider = $2`,
    [title, provider],
  );
  return row && accountOf(row);
}

/** Which of these accounts there are. */
export async function readExisting(manager: EntityManager, keys: readonly AccountKey[]): Promise<AccountKey[]> {
  return manager.query<AccountKey[]>(
    `select title, provider from payments.accounts
     where (title, provider) in (select * from unnest($1::text[], $2::text[]))`,
    [keys.map(({ title }) => title), keys.map(({ provider }) => provider)],
  );
}

/** Locks an account, with its secrets as they are stored; undefined where there is none. */
export async function lockAccount(
  tx: EntityManager,
  { title, provider }: AccountKey,
): Promise<{ account: PaymentAccount; secrets: SealedSecrets } | undefined> {
  const [row] = await tx.query<AccountRow[]>(
    `select ${shown}, ${sealed} from payments.accounts where title = $1 and provider = $2 for no key update`,
    [title, provider],
  );
  return row && { account: accountOf(row), secrets: secretsOf(row) };
}

/** An account with its secrets as they are stored; undefined where there is none. It locks nothing. */
export async function readSealed(
  manager: EntityManager,
  { title, provider }: AccountKey,
): Promise<{ account: PaymentAccount; secrets: SealedSecrets } | undefined> {
  const [row] = await manager.query<AccountRow[]>(
    `select ${shown}, ${sealed} from payments.accounts where title = $1 and provider = $2`,
    [title, provider],
  );
  return row && { account: accountOf(row), secrets: secretsOf(row) };
}

function secretsOf(row: AccountRow): SealedSecrets {
  return { sealedBy: row.sealed_by, secretKey: row.secret_key, webhookSecrets: row.webhook_secrets };
}

/** What is written of an account. */
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

/** @returns undefined where the account is there already */
export async function insertAccount(tx: EntityManager, account: WrittenAccount): Promise<PaymentAccount | undefined> {
  const [row] = await tx.query<AccountRow[]>(
    `insert into payments.accounts (title, provider, mode, ${sealed}, secret_key_end, webhook_secret_ends,
       settlement_currency, spent_goods)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing returning ${shown}`,
    parametersOf(account),
  );
  return row && accountOf(row);
}

/** Writes an account anew that is locked, with the next version. */
export async function updateAccount(tx: EntityManager, account: WrittenAccount): Promise<PaymentAccount> {
  const [row] = await tx.query<[AccountRow]>(
    `with updated as (
      update payments.accounts set mode = $3, secret_key = $4, webhook_secrets = $5, sealed_by = $6,
        secret_key_end = $7, webhook_secret_ends = $8, settlement_currency = $9, spent_goods = $10,
        version = version + 1, updated_at = now()
      where title = $1 and provider = $2 returning ${shown})
    select * from updated`,
    parametersOf(account),
  );
  return accountOf(row);
}

/** Writes how the secrets of a locked account are sealed now. They are the same secrets, so its version stays. */
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

/** The accounts whose secrets another key than this one has sealed. */
export async function readSealedByOthers(manager: EntityManager, current: string): Promise<AccountKey[]> {
  return manager.query<AccountKey[]>(
    'select title, provider from payments.accounts where sealed_by <> $1 order by title, provider',
    [current],
  );
}

const contextOf = ({ title, provider }: AccountKey, what: string): string =>
  `payments.accounts ${title} ${provider} ${what}`;

/** @throws VeltrixError `secrets-key-missing` */
export function sealSecrets(keys: SecretKeys, account: AccountKey, secrets: AccountSecrets): SealedSecrets {
  const secretKey = keys.seal(secrets.secretKey, contextOf(account, 'secret key'));
  const webhookSecrets = keys.seal(JSON.stringify(secrets.webhookSecrets), contextOf(account, 'webhook secrets'));
  return { sealedBy: secretKey.sealedBy, secretKey: secretKey.bytes, webhookSecrets: webhookSecrets.bytes };
}

/** @throws Error where they cannot be opened */
export function openSecrets(keys: SecretKeys, account: AccountKey, secrets: SealedSecrets): AccountSecrets {
  const sealedAs = (bytes: Buffer): Sealed => ({ sealedBy: secrets.sealedBy, bytes });
  return {
    secretKey: keys.open(sealedAs(secrets.secretKey), contextOf(account, 'secret key')),
    webhookSecrets: JSON.parse(
      keys.open(sealedAs(secrets.webhookSecrets), contextOf(account, 'webhook secrets')),
    ) as string[],
  };
}
