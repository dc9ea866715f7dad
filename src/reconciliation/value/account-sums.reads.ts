import type { Reader, Snapshot } from '../checks.types.js';
import type { AccountSum } from './accounts.rules.js';

/*
 * What all accounts of an asset come to. A title may have more of them than one statement can sum up in its time, so
 * they are summed up slice by slice, in the order of an index, within one snapshot.
 */

/** How many accounts one statement sums up, and how many transfers. A transfer has up to 2 048 entries. */
const [accountsOfSum, transfersOfSum] = [50_000, 2_000];

interface AccountPlace {
  title: string;
  owner: string;
  asset: string;
}

interface AccountSlice {
  /** The last account; null where there is none. */
  last: AccountPlace | null;
  many: number;
  sums: { title: string; asset: string; all: string; others: string }[];
}

/** Sums up the accounts behind one by asset: all of them, and those of others than the mint. */
async function readAccounts(
  ledger: Snapshot,
  after: AccountPlace,
  title: string | null,
  size: number,
): Promise<AccountSlice> {
  const [row] = await ledger.query<{ slice: AccountSlice }>(
    `with slice as materialized (
      select title, owner, asset, credits_posted - debits_posted as has from ledger.accounts
      where (title, owner, asset) > ($1::text, $2::text, $3::text) and ($4::text is null or title = $4)
      order by title, owner, asset limit $5::int),
    sums as (
      select title, asset, sum(has)::text as all,
        coalesce(sum(has) filter (where owner <> 'system:mint'), 0)::text as others
      from slice group by title, asset)
    select json_build_object('many', (select count(*) from slice),
      'last', (select json_build_object('title', title, 'owner', owner, 'asset', asset) from slice
        order by title desc, owner desc, asset desc limit 1),
      'sums', coalesce((select json_agg(s) from sums s), '[]')) as slice`,
    [after.title, after.owner, after.asset, title, size],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}

/** The assets whose accounts do not come to nothing. The mint owes what all others have. */
export async function readSums(ledger: Reader, title: string | null, size = accountsOfSum): Promise<AccountSum[]> {
  return ledger.inOneSnapshot(async (snapshot) => {
    const off: AccountSum[] = [];
    let sums = new Map<string, AccountSum>();
    const isOff = ({ sum }: AccountSum): boolean => sum !== '0';
    for (let after: AccountPlace | null = { title: title ?? '', owner: '', asset: '' }; after !== null;) {
      const slice: AccountSlice = await readAccounts(snapshot, after, title, size);
      const { last } = slice;
      for (const { title: of, asset, all } of slice.sums) {
        const key = `${of} ${asset}`;
        const sum = (BigInt(sums.get(key)?.sum ?? 0) + BigInt(all)).toString();
        sums.set(key, { title: of, asset, sum });
      }
      // The accounts of a title come one after the other, so only the sums of the last one may grow.
      off.push(...[...sums.values()].filter((sum) => sum.title !== last?.title && isOff(sum)));
      sums = new Map([...sums].filter(([, sum]) => sum.title === last?.title));
      after = slice.many === size ? last : null;
    }
    off.push(...[...sums.values()].filter(isOff));
    const inOrder = (a: AccountSum, b: AccountSum): number =>
      `${a.title} ${a.asset}` < `${b.title} ${b.asset}` ? -1 : 1;
    return off.sort(inOrder);
  });
}

/**
 * What all owners but the mint have of each asset of a title, as it was at the cut: what they have now, without what
 * was booked since. An asset that nobody has is missing.
 * @param xmax where the ledger was cut
 */
export async function readClosings(
  ledger: Reader,
  title: string,
  xmax: string,
  sizes = { accounts: accountsOfSum, transfers: transfersOfSum },
): Promise<Record<string, string>> {
  return ledger.inOneSnapshot(async (snapshot) => {
    const closings = new Map<string, bigint>();
    const add = (asset: string, amount: bigint): unknown => closings.set(asset, (closings.get(asset) ?? 0n) + amount);
    for (let after: AccountPlace | null = { title, owner: '', asset: '' }; after !== null;) {
      const slice: AccountSlice = await readAccounts(snapshot, after, title, sizes.accounts);
      for (const { asset, others } of slice.sums) add(asset, BigInt(others));
      after = slice.many === sizes.accounts ? slice.last : null;
    }
    for (let before: TransferPlace | null = newest; before !== null;) {
      const slice: NewerSlice = await readNewer(snapshot, { title, xmax, before }, sizes.transfers);
      for (const { asset, others } of slice.sums) add(asset, -BigInt(others));
      before = slice.many === sizes.transfers ? slice.last : null;
    }
    return Object.fromEntries([...closings].map(([asset, amount]) => [asset, amount.toString()]));
  });
}

interface TransferPlace {
  transaction: string;
  sequence: string;
}

interface NewerSlice {
  last: TransferPlace | null;
  many: number;
  sums: { asset: string; others: string }[];
}

/** The place before all transfers, the newest first. */
const newest: TransferPlace = { transaction: '18446744073709551615', sequence: '9223372036854775807' };

/** Sums up what was booked since the cut on the accounts of others than the mint, the newest first. */
async function readNewer(
  ledger: Snapshot,
  { title, xmax, before }: { title: string; xmax: string; before: TransferPlace },
  size: number,
): Promise<NewerSlice> {
  const [row] = await ledger.query<{ slice: NewerSlice }>(
    `with slice as materialized (
      select id, transaction_id, sequence from ledger.transfers
      where title = $1 and transaction_id >= $2::xid8 and (transaction_id, sequence) < ($3::xid8, $4::bigint)
      order by transaction_id desc, sequence desc limit $5::int),
    sums as (
      select a.asset, sum(e.amount)::text as others
      from slice s join ledger.entries e on e.sequence = s.sequence and e.transfer_id = s.id
      join ledger.accounts a on a.id = e.account_id
      where a.owner <> 'system:mint' group by a.asset)
    select json_build_object('many', (select count(*) from slice),
      'last', (select json_build_object('transaction', transaction_id::text, 'sequence', sequence::text) from slice
        order by transaction_id, sequence limit 1),
      'sums', coalesce((select json_agg(s) from sums s), '[]')) as slice`,
    [title, xmax, before.transaction, before.sequence, size],
  );
  if (row === undefined) throw new Error('The slice was not answered.');
  return row.slice;
}
