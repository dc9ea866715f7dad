import type { Finding } from '../checks.types.js';

/** An account that is not as its entries and its debts say. Numbers are decimal strings. */
export interface WrongAccount {
  id: string;
  title: string;
  owner: string;
  asset: string;
  /** The first entry that does not follow from the one before, and by how much; null where all follow. */
  brokenAt: string | null;
  brokenBy: string | null;
  /** How far it is below what it may owe without anything that allows it; null where it is not. */
  below: string | null;
  /** Its version, where it is not as its entries say; null where it is. */
  saysVersion: string | null;
  isVersion: string | null;
  creditsOff: string | null;
  debitsOff: string | null;
  /** What it owes by its debts, where that is not what it is short of; null where it is. */
  owes: string | null;
  short: string | null;
  madeOff: string | null;
}

/** An asset whose accounts come to something. */
export interface AccountSum {
  title: string;
  asset: string;
  sum: string;
}

/** What is wrong with an account: with its entries at most one finding, and one each for its debts and its funds. */
export function judgeAccount(account: WrongAccount, now: Date): Finding[] {
  const { id, title, owner, asset } = account;
  const found = (detail: string, amount: bigint): Finding => ({
    type: 31,
    title,
    subject: owner,
    account: owner,
    asset,
    amount,
    detail,
    since: now,
    place: `account ${id}`,
  });
  const { below, owes, short, madeOff } = account;
  const debtOff = BigInt(owes ?? 0) - BigInt(short ?? 0);
  return [
    ...entriesOff(account).map(([detail, amount]) => found(detail, amount)),
    ...(below === null ? [] : [found('Nothing that was booked may have taken it so far below zero.', BigInt(below))]),
    ...(owes === null
      ? []
      : [
          found(
            `By its debts it owes ${owes}, and it is short of ${short}. All that it came to owe is ${madeOff} other.`,
            debtOff === 0n ? BigInt(madeOff ?? 0) : debtOff,
          ),
        ]),
  ];
}

function entriesOff(account: WrongAccount): [detail: string, amount: bigint][] {
  const { brokenAt, brokenBy, saysVersion, isVersion } = account;
  const credits = BigInt((saysVersion !== null && account.creditsOff) || 0);
  const debits = BigInt((saysVersion !== null && account.debitsOff) || 0);
  const details = [
    ...(brokenAt === null ? [] : [`Entry ${brokenAt} does not follow from the one before, by ${brokenBy}.`]),
    ...(saysVersion === null
      ? []
      : [
          `It says version ${saysVersion}, and its entries ${isVersion}. ` +
            `Its credits are ${credits} other than its entries, and its debits ${debits}.`,
        ]),
  ];
  if (details.length === 0) return [];
  const amount = [credits - debits, BigInt(brokenBy ?? 0), credits].find((one) => one !== 0n) ?? 0n;
  return [[details.join(' '), amount]];
}

/** What an asset is out by: the mint owes less or more than all others have. */
export function judgeSum({ title, asset, sum }: AccountSum, now: Date): Finding {
  return {
    type: 31,
    title,
    subject: 'system:mint',
    account: 'system:mint',
    asset,
    amount: BigInt(sum),
    detail: `All accounts in ${asset} come to ${sum}, and the mint owes what the others have.`,
    since: now,
    place: `sum ${title} ${asset}`,
  };
}
