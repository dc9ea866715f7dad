import type { Check, Finding, Look, Part } from '../checks.types.js';
import { beforeEntries, entriesOfPart, lookAtEntries, type EntryPlace } from './accounts.reads.js';
import { readSums } from './account-sums.reads.js';
import { judgeAccount, judgeSum } from './accounts.rules.js';

/**
 * The check of accounts: the entries of each follow from one another, the account is what they come to, and what is
 * below zero has been allowed. Then all accounts in an asset come to nothing.
 */
export const accountsCheck: Check = {
  name: 'accounts',
  kinds: ['full', 'history'],
  async look(look, after): Promise<Part> {
    if (after === sums) return { findings: await outOfBalance(look), looked: {}, next: null };
    const slice = await lookAtEntries(look, after === null ? beforeEntries() : placeOf(after), null);
    return {
      findings: slice.wrong.flatMap((one) => judgeAccount(one, look.now)),
      looked: { entries: slice.seen },
      next: slice.seen === entriesOfPart && slice.last !== null ? textOf(slice.last) : sums,
    };
  },
  async again(look, places): Promise<Finding[]> {
    const accounts = places.flatMap((place) => (place.startsWith('account ') ? place.slice('account '.length) : []));
    const found = [];
    for (const account of accounts) found.push(...(await lookAgain(look, account)));
    if (accounts.length < places.length) found.push(...(await outOfBalance(look)));
    return found.filter(({ place }) => places.includes(place));
  },
};

const sums = 'sums';

function placeOf(after: string): EntryPlace {
  const [account = '', version = '', credits = '', debits = '', posted = ''] = after.split(' ');
  return { account, version, credits, debits, posted };
}

function textOf({ account, version, credits, debits, posted }: EntryPlace): string {
  return [account, version, credits, debits, posted].join(' ');
}

/** Looks at all entries of one account. */
async function lookAgain(look: Look, account: string): Promise<Finding[]> {
  const found: Finding[] = [];
  for (let from: EntryPlace | null = beforeEntries(account); from !== null;) {
    const { wrong, seen, last } = await lookAtEntries(look, from, account);
    found.push(...wrong.flatMap((one) => judgeAccount(one, look.now)));
    from = seen === entriesOfPart ? last : null;
  }
  return found;
}

async function outOfBalance({ read, run, now }: Look): Promise<Finding[]> {
  return (await readSums(read.ledger, run.title)).map((sum) => judgeSum(sum, now));
}
