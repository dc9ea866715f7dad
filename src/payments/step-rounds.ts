import { messageOf } from '../errors.js';
import { besideHeld } from '../postgres/held-rows.js';
import type { AccountKey } from './accounts.statements.js';
import { byAccount } from './accounts.rules.js';
import type { Asking, ResultOf } from './payments.types.js';
import type { OpenAccount, ProviderAccounts } from './provider-accounts.js';
import { providerAway } from './provider-calls.js';
import { outageOf, type EndingOf, type InStep } from './step-ends.rules.js';

/* What the steps of payments and those of refunds have in common: an attempt works on its list in rounds. */

/**
 * How many calls one attempt at a step makes for an element at most. Each round makes one; the round after the last
 * call only writes its answer down. Where an element needs more calls, the step fails and is tried again.
 */
const maxRounds = 8;

/** What a round has written down: the calls that are due, and the results of the elements that have none due. */
export interface WrittenRound<Working extends InStep<unknown>, Due> {
  due: Due[];
  results: [Working, EndingOf<Working extends InStep<infer Answer> ? Answer : never>][];
}

/**
 * Works on a list, the elements of each account together.
 * @returns one result for each element, in order
 * @throws VeltrixError `unavailable` where the provider is away, or an account cannot be used
 */
export async function workByAccount<Answer, Working extends InStep<Answer>>(
  accounts: ProviderAccounts,
  all: readonly Working[],
  asking: Asking,
  atAccount: (account: OpenAccount, some: readonly Working[]) => Promise<void>,
): Promise<ResultOf<Answer>[]> {
  for (const some of byAccount(all, ({ element }) => element)) {
    const [first] = some;
    if (first !== undefined) await atAccount(await openedForStep(accounts, first.element), some);
  }
  const outage = outageOf(all, asking);
  if (outage !== undefined) throw providerAway(outage);
  return all.map(({ result, element }) => {
    if (result === undefined) throw new Error(`${element.id} has no result.`);
    return result;
  });
}

/**
 * Works on the elements of one account, in rounds. A round writes down the calls that are due, and then makes all of
 * them together. The last round makes no call. The results are written into `all`. What needs rows that somebody else
 * holds has failed, and is tried again by the next attempt.
 * @param round what a round writes down; `enough` says why no more calls are made, in the last one
 */
export async function workInRounds<Working extends InStep<unknown>, Due>(
  all: readonly Working[],
  round: (
    pending: readonly Working[],
    number: number,
    enough: string | undefined,
  ) => Promise<WrittenRound<Working, Due>>,
  askAll: (due: readonly Due[]) => Promise<void>,
): Promise<void> {
  for (let number = 0; number <= maxRounds; number++) {
    const pending = all.filter(({ result }) => result === undefined);
    if (pending.length === 0) return;
    const enough = number === maxRounds ? 'It takes more calls than one attempt makes.' : undefined;
    const written = await besideHeld(
      pending,
      (some) => round(some, number, enough),
      (working, { message: failed, retryMs }) => Object.assign(working, { result: { failed, retryMs } }),
    );
    for (const [working, result] of written.flatMap(({ results }) => results)) Object.assign(working, result);
    await askAll(written.flatMap(({ due }) => due));
  }
}

/** Opens an account for a step. @throws VeltrixError `unavailable` where it cannot be used, as an outage */
async function openedForStep(accounts: ProviderAccounts, { title, provider }: AccountKey): Promise<OpenAccount> {
  try {
    return await accounts.open({ title, provider });
  } catch (error) {
    throw providerAway(`The account of ${title} at ${provider} cannot be used: ${messageOf(error)}`);
  }
}
