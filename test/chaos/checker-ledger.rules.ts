import type { AccountRow, Leg, TransferRow } from './books.js';
import { isDone } from './deals.rules.js';
import { legsText, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';

/** Looks at the answer to a transfer or a reversal: what it says was asked for, is booked, and left those balances. */
export function checkPosted({ asked }: Operation, { status, body }: Told, evidence: Evidence, say: Say): void {
  if (status >= 300) return;
  const id = String(body['id']);
  const row = evidence.transfers.get(id);
  const route = asked.operation === 'reverse' ? 'reversals' : 'transfers';
  if (
    row === undefined ||
    row.title !== asked.title ||
    evidence.outcomes.get(`${asked.title} ${route}/${asked.key}`)?.id !== id
  ) {
    return say('lost', `${id} was acknowledged and is not booked under its key`);
  }
  const wanted = wantedLegs(asked, evidence);
  if (legsText(row.legs) !== wanted) say('lost', `${wanted} was acknowledged and ${legsText(row.legs)} is booked`);
  const reversed = asked.operation === 'reverse' ? asked.body['transfer'] : null;
  if (
    row.reason !== asked.body['reason'] ||
    row.reverses !== reversed ||
    row.reference !== (asked.body['reference'] ?? null)
  ) {
    say('lost', `${id} has another reason, reference or original than was asked for`);
  }
  for (const fault of unlikeTransfer(body, row)) say('wrong', `${id} was answered with ${fault}`);
  const balances = balancesAfter(row, evidence);
  const told = (body['balances'] as { owner: string; asset: string; posted: string; available: string }[]).map(
    ({ owner, asset, posted, available }) => `${owner} ${asset} ${posted}/${available}`,
  );
  if (String(told) !== String(balances))
    say('wrong', `the balances were answered as ${String(told)} and are ${String(balances)}`);
}

/** What a transfer that was answered says otherwise than its row. */
export function unlikeTransfer(body: Record<string, unknown>, row: TransferRow): string[] {
  const members = {
    sequence: row.sequence,
    kind: row.kind,
    reason: row.reason,
    reference: row.reference,
    reverses: row.reverses,
  };
  const other = Object.entries(members).filter(([name, value]) => (body[name] ?? null) !== value);
  const legs = legsText(body['legs']) === legsText(row.legs) ? [] : [`the legs ${legsText(body['legs'])}`];
  return [...other.map(([name]) => `the ${name} ${String(body[name])}`), ...legs];
}

function wantedLegs({ operation, body }: Operation['asked'], { transfers }: Evidence): string {
  if (operation !== 'reverse') return legsText(body['legs']);
  const original = transfers.get(String(body['transfer']));
  return legsText((original?.legs ?? []).map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from })));
}

/**
 * What every account that the legs name held right after the transfer, in the order of the legs, as its entries say.
 */
function balancesAfter({ id, title, legs }: TransferRow, { accounts }: Evidence): string[] {
  const names = new Set(legs.flatMap(({ from, to, asset }) => [`${from} ${asset}`, `${to} ${asset}`]));
  return [...names].map((name) => {
    const last = entryOf(accounts.get(`${title} ${name}`), id);
    return `${name} ${last?.posted}/${last?.available}`;
  });
}

const entriesByTransfer = new WeakMap<AccountRow, Map<string, AccountRow['entries'][number]>>();

/** The last entry of a transfer on an account. */
function entryOf(account: AccountRow | undefined, transfer: string): AccountRow['entries'][number] | undefined {
  if (account === undefined) return undefined;
  let found = entriesByTransfer.get(account);
  if (found === undefined)
    entriesByTransfer.set(account, (found = new Map(account.entries.map((entry) => [entry.transfer, entry]))));
  return found.get(transfer);
}

/**
 * Every account against its entries, and against all that was acknowledged.
 * @returns the minor units by which the two differ, in all
 */
export function checkAccounts(evidence: Evidence, say: Say): bigint {
  for (const { title, owner, asset, posted, version, entries } of evidence.accounts.values()) {
    const name = `${title} ${owner} ${asset}`;
    let running = 0n;
    for (const [index, entry] of entries.entries()) {
      running += entry.amount;
      if (entry.version !== index + 1) say('wrong', `${name}: entry ${index + 1} has version ${entry.version}`);
      if (entry.posted !== running)
        say(
          'wrong',
          `${name}: the running balance of version ${entry.version} is ${entry.posted} and its entries make ${running}`,
        );
      if (entry.available !== entry.posted)
        say('wrong', `${name}: available is ${entry.available} of ${entry.posted} and nothing is held`);
    }
    if (posted !== running || version !== entries.length)
      say(
        'wrong',
        `${name}: it has ${posted} at version ${version} and its entries make ${running} at ${entries.length}`,
      );
  }
  const expected = expectedBalances(evidence);
  let drift = 0n;
  for (const name of new Set([...expected.keys(), ...evidence.accounts.keys()])) {
    const difference = (evidence.accounts.get(name)?.posted ?? 0n) - (expected.get(name) ?? 0n);
    if (difference !== 0n) say('wrong', `${name}: it has ${difference} more than was acknowledged`);
    drift += difference < 0n ? -difference : difference;
  }
  return drift;
}

/** What all answers, all deals that are done and what has moved at the provider leave every account with. */
function expectedBalances(evidence: Evidence): Map<string, bigint> {
  const expected = new Map<string, bigint>();
  const add = (title: string, legs: readonly Leg[]): void => {
    for (const { from, to, asset, amount } of legs) {
      for (const [owner, change] of [
        [from, -BigInt(amount)],
        [to, BigInt(amount)],
      ] as const) {
        const name = `${title} ${owner} ${asset}`;
        expected.set(name, (expected.get(name) ?? 0n) + change);
      }
    }
  };
  for (const { asked, answers } of evidence.operations.values()) {
    const [answer] = answers;
    if (answer === undefined || answer.status >= 300) continue;
    if (asked.operation === 'grant' || asked.operation === 'pay') add(asked.title, asked.body['legs'] as Leg[]);
    if (asked.operation === 'reverse') {
      const legs = evidence.transfers.get(String(asked.body['transfer']))?.legs ?? [];
      add(
        asked.title,
        legs.map(({ from, to, ...rest }) => ({ ...rest, from: to, to: from })),
      );
    }
  }
  for (const { title, leg } of evidence.outside) add(title, [leg]);
  for (const deal of evidence.deals.values()) if (isDone(deal)) add(deal.title, evidence.legs.get(deal.id) ?? []);
  return expected;
}

/** Every transfer must be told once. */
export function checkBooked({ transfers }: Evidence, say: Say): void {
  for (const { id, told } of transfers.values())
    if (told !== 1) say(told > 1 ? 'doubled' : 'lost', `${id} is told ${told} times with its legs`);
}
