import type { AccountRow } from './books.js';
import { unlikeInstance } from './checker-items.rules.js';
import { minMovement, minVersion, standing, type Say } from './evidence.rules.js';
import { missing, own, type Context, type Row } from './shown-rows.rules.js';

/* Reads of what has versions: instances with their movements, and balances with their entries. */

export function checkInstanceRows(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, title, place, answered, evidence, say } = context;
  const owner = read.what === 'instances' ? `player:${read.of}` : undefined;
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.instances.get(id), context);
    if (row === undefined) continue;
    for (const fault of unlikeInstance(body, row)) say('wrong', `the read of ${read.what} shows ${id} with ${fault}`);
    const least = minMovement(evidence, row, place);
    if (Number(body['version']) < least)
      say(
        'wrong',
        `the read of ${read.what} shows ${id} at version ${String(body['version'])}, ` +
          `and ${least} was acknowledged before`,
      );
    if (owner !== undefined && (body['owner'] !== owner || body['state'] === 'burned'))
      say(
        'wrong',
        `the list of what ${owner} owns shows ${id} as ${String(body['state'])} by ${String(body['owner'])}`,
      );
  }
  if (!complete || owner === undefined) return;
  const stayed = [...evidence.instances.values()].filter((row) => {
    if (row.title !== title) return false;
    const least = minMovement(evidence, row, place);
    // Who had it when the read began and until it ended. A movement that came in between may or may not be seen.
    return (
      least > 0 &&
      row.movements.every(
        ({ version, at }) =>
          version < least ||
          (version > least && at > answered + 50) ||
          (standing(row, version)?.owner === owner && standing(row, version)?.state !== 'burned'),
      )
    );
  });
  missing(
    rows,
    stayed.map(({ id }) => id),
    context,
  );
}

/** Every account of the player with its versions, as the answer must have it. */
function accountsOf({ read, title, evidence }: Context): AccountRow[] {
  return [...evidence.accounts.values()].filter(
    (row) =>
      row.title === title && row.owner === `player:${read.of}` && (read.filter['asset'] ?? row.asset) === row.asset,
  );
}

export function checkBalances(rows: readonly Row[], context: Context): void {
  const { read, title, place, evidence, say } = context;
  for (const { asset, version, posted, held, available } of rows) {
    const entry = evidence.accounts.get(`${title} player:${read.of} ${String(asset)}`)?.entries[Number(version) - 1];
    const wanted = `${entry?.posted}/0/${entry?.available}`;
    const shown = `${String(posted)}/${String(held)}/${String(available)}`;
    if (shown !== wanted)
      say(
        'wrong',
        `${read.of} is shown with ${shown} of ${String(asset)} at version ${String(version)}, where it was ${wanted}`,
      );
  }
  for (const account of accountsOf(context)) {
    const least = minVersion(evidence, account, place);
    const shown = Number(rows.find(({ asset }) => asset === account.asset)?.['version'] ?? 0);
    if (shown < least)
      say(
        'lost',
        `${read.of} is shown with version ${shown} of ${account.asset}, and ${least} was acknowledged before`,
      );
  }
}

export function checkEntries(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, title, place, evidence, say } = context;
  const shown = new Map<string, number[]>();
  for (const { asset, version, amount, posted, available, transfer } of rows) {
    const entry = evidence.accounts.get(`${title} player:${read.of} ${String(asset)}`)?.entries[Number(version) - 1];
    const is = `${String(amount)} ${String(posted)}/${String(available)} by ${String(transfer)}`;
    const was = `${entry?.amount} ${entry?.posted}/${entry?.available} by ${entry?.transfer}`;
    if (is !== was)
      say('wrong', `entry ${String(version)} of ${read.of} in ${String(asset)} is shown as ${is} and is ${was}`);
    if ((read.filter['asset'] ?? asset) !== asset)
      say('wrong', `the list of entries by ${JSON.stringify(read.filter)} shows one in ${String(asset)}`);
    shown.set(String(asset), [...(shown.get(String(asset)) ?? []), Number(version)]);
  }
  // A walk that was not ended may not have come to an asset yet.
  for (const account of accountsOf(context)) {
    const versions = shown.get(account.asset) ?? [];
    if (complete || versions.length > 0)
      checkRun(
        versions,
        minVersion(evidence, account, place),
        complete,
        `entry of ${read.of} in ${account.asset}`,
        say,
      );
  }
}

/**
 * Versions are shown from the newest down, without a gap, from what was acknowledged before and, to the end, to the
 * first.
 */
function checkRun(versions: readonly number[], least: number, complete: boolean, what: string, say: Say): void {
  const [first = 0] = versions;
  if (first < least) say('lost', `an ${what} is not shown: version ${least}, which was acknowledged before`);
  const gap = versions.findIndex((version, index) => version !== first - index);
  if (gap !== -1) say('lost', `an ${what} is not shown: version ${first - gap}`);
  else if (complete && first > 0 && versions.at(-1) !== 1) say('lost', `an ${what} is not shown: version 1`);
}

export function checkMovements(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, place, evidence, say } = context;
  const instance = own(read.of, evidence.instances.get(read.of), context);
  if (instance === undefined) return;
  for (const { version, kind, from, to, cause } of rows) {
    const movement = instance.movements[Number(version) - 1];
    const [is, was] = [
      `${String(kind)} ${String(from)} ${String(to)} ${String(cause)}`,
      `${movement?.kind} ${movement?.from} ${movement?.to} ${movement?.cause}`,
    ];
    if (is !== was) say('wrong', `movement ${String(version)} of ${read.of} is shown as ${is} and is ${was}`);
  }
  checkRun(
    rows.map(({ version }) => Number(version)),
    minMovement(evidence, instance, place),
    complete,
    `movement of ${read.of}`,
    say,
  );
}
