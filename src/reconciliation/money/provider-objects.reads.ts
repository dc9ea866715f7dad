import type { Reader } from '../checks.types.js';
import type { AccountName } from './provider-objects.statements.js';

/** The account at a provider behind another in the order of their names, or undefined where there is none. */
export async function nextAccount(
  payments: Reader,
  after: AccountName | null,
  title: string | null,
): Promise<AccountName | undefined> {
  const [row] = await payments.query<AccountName>(
    `select title, provider from payments.accounts
     where (title, provider) > ($1, $2) and ($3::text is null or title = $3) order by title, provider limit 1`,
    [after?.title ?? '', after?.provider ?? '', title],
  );
  return row;
}

/** The payout of an account behind another whose contents the provider can list, or undefined where there is none. */
export async function nextPayout(
  main: Reader,
  { title, provider }: AccountName,
  after: string,
  from: Date | null,
): Promise<string | undefined> {
  const [row] = await main.query<{ id: string }>(
    `select id from reconciliation.provider_objects
     where title = $1 and provider = $2 and kind = 'payout' and id > $3 and (body->>'automatic')::boolean
       and ($4::timestamptz is null or made_at >= $4) order by id limit 1`,
    [title, provider, after, from],
  );
  return row?.id;
}
