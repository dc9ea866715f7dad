import type { AccountRow } from './books.js';
import { unlikeInstance } from './checker-items.rules.js';
import { unlikeTransfer } from './checker-ledger.rules.js';
import { unlikeTrade } from './checker-trades.rules.js';
import {
  closedStates,
  codeOf,
  minMovement,
  minVersion,
  standing,
  transferKnown,
  type Evidence,
  type Operation,
  type Say,
  type Told,
} from './evidence.rules.js';
import type { Read } from './recorder.js';

type Row = Record<string, unknown>;

/** A read, with what the rules about its rows need. */
interface Context {
  read: Read;
  title: string;
  /** Where in the record it was asked. What was acknowledged before must be shown. */
  place: number;
  /** When it was answered, in milliseconds. */
  answered: number;
  evidence: Evidence;
  say: Say;
}

/** Looks at a read: it shows the reader's own things alone, as they were, and all that was acknowledged before it. */
export function checkRead({ asked, place }: Operation, { status, body, at }: Told, evidence: Evidence, say: Say): void {
  const read = asked.read as Read;
  if (asked.refusal !== undefined) {
    if (status !== 404)
      say('wrong', `${read.what} ${read.of} belongs to another title and was answered with ${status}`);
    return;
  }
  if (status !== 200) return say('lost', `${read.what} ${read.of} was not shown: ${status} ${codeOf({ body })}`);
  const context: Context = { read, title: asked.title, place, answered: Date.parse(at), evidence, say };
  const listed = Array.isArray(body['data']);
  const rows = (listed ? body['data'] : [body]) as Row[];
  const complete = body['complete'] === true;
  if (listed) checkDistinct(rows, context);
  if (read.what === 'transfer' || read.what === 'transfers') checkTransfers(rows, complete, context);
  else if (read.what === 'trade' || read.what === 'trades') checkTradeRows(rows, complete, context);
  else if (read.what === 'saga' || read.what === 'sagas') checkSagas(rows, context);
  else if (read.what === 'instance' || read.what === 'instances') checkInstanceRows(rows, complete, context);
  else if (read.what === 'balances') checkBalances(rows, context);
  else if (read.what === 'entries') checkEntries(rows, complete, context);
  else if (read.what === 'movements') checkMovements(rows, complete, context);
  else checkDefinitions(rows, context);
}

function checkDistinct(rows: readonly Row[], { read, say }: Context): void {
  const names = rows.map(({ id, asset, code, version }) => String(id ?? code ?? `${String(asset)} ${String(version)}`));
  if (new Set(names).size !== names.length) say('doubled', `the list of ${read.what} shows a row twice`);
}

/** What is wrong with a row that shows a thing of the reader's title by its id, or undefined where it is its own. */
function own<T extends { title: string }>(
  id: string,
  row: T | undefined,
  { title, say, read }: Context,
): T | undefined {
  if (row === undefined) say('wrong', `the read of ${read.what} shows ${id}, which is not there`);
  else if (row.title !== title) say('wrong', `the read of ${read.what} shows ${id}, which belongs to ${row.title}`);
  else return row;
  return undefined;
}

function missing(shown: readonly Row[], wanted: Iterable<string>, { read, say }: Context): void {
  const ids = new Set(shown.map(({ id }) => String(id)));
  for (const id of wanted)
    if (!ids.has(id))
      say(
        'lost',
        `the list of ${read.what} by ${JSON.stringify(read.filter)} ${read.of} does not show ${id}, ` +
          'which was acknowledged before',
      );
}

function checkTransfers(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, title, place, evidence, say } = context;
  const fits = ({ reference, legs }: { reference: string | null; legs: { from: string; to: string }[] }): boolean =>
    (read.filter['reference'] === undefined || reference === read.filter['reference']) &&
    (read.filter['player'] === undefined ||
      legs.some(({ from, to }) => [from, to].includes(`player:${read.filter['player']}`)));
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.transfers.get(id), context);
    if (row === undefined) continue;
    for (const fault of unlikeTransfer(body, row)) say('wrong', `the read of ${read.what} shows ${id} with ${fault}`);
    if (!fits(row)) say('wrong', `the list of transfers by ${JSON.stringify(read.filter)} shows ${id}`);
  }
  const before = [...evidence.transfers.values()].filter(
    (row) => row.title === title && fits(row) && transferKnown(evidence, row.id) < place,
  );
  if (complete)
    missing(
      rows,
      before.map(({ id }) => id),
      context,
    );
}

function checkTradeRows(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, title, place, evidence, say } = context;
  const { player, reference, state } = read.filter;
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.trades.get(id), context);
    if (row === undefined) continue;
    for (const fault of unlikeTrade(body, row)) say('wrong', `the read of ${read.what} shows ${id} with ${fault}`);
    const ended = (evidence.known.get(`${id} closed`) ?? Infinity) < place;
    if (ended && !closedStates.includes(String(body['state'])))
      say(
        'wrong',
        `the read of ${read.what} shows ${id} as ${String(body['state'])}, and it was told as ${row.state} before`,
      );
    const inState = state === undefined || body['state'] === state;
    if (
      !inState ||
      (reference !== undefined && row.reference !== reference) ||
      (player !== undefined && !row.parties.some((party) => party.player === player))
    ) {
      say('wrong', `the list of trades by ${JSON.stringify(read.filter)} shows ${id}`);
    }
  }
  if (!complete || (state !== undefined && !closedStates.includes(state))) return;
  const before = [...evidence.trades.values()].filter(
    (row) =>
      row.title === title &&
      (reference === undefined || row.reference === reference) &&
      (player === undefined || row.parties.some((party) => party.player === player)) &&
      (state === undefined
        ? (evidence.known.get(row.id) ?? Infinity) < place
        : row.state === state && (evidence.known.get(`${row.id} closed`) ?? Infinity) < place),
  );
  missing(
    rows,
    before.map(({ id }) => id),
    context,
  );
}

function checkSagas(rows: readonly Row[], context: Context): void {
  const { read, place, evidence, say } = context;
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.trades.get(id), context);
    if (row === undefined) continue;
    const players = (body['players'] as string[]).toSorted();
    if (String(players) !== String(row.parties.map(({ player }) => player).toSorted()))
      say('wrong', `the saga ${id} is shown with the players ${String(players)}`);
    if (read.filter['player'] !== undefined && !players.includes(read.filter['player']))
      say('wrong', `the list of sagas by ${JSON.stringify(read.filter)} shows ${id}`);
    if (read.filter['state'] !== undefined && body['state'] !== read.filter['state'])
      say('wrong', `the list of sagas by ${JSON.stringify(read.filter)} shows ${id} as ${String(body['state'])}`);
    const deal = body['deal'] as { state: string };
    const ended = closedStates.includes(deal.state);
    if (ended && deal.state !== row.state)
      say('wrong', `the saga ${id} is shown with a deal that is ${deal.state}, and it ended ${row.state}`);
    if (!ended && (evidence.known.get(`${id} closed`) ?? Infinity) < place)
      say('wrong', `the saga ${id} is shown with a deal that is ${deal.state}, and it was told as ${row.state} before`);
    for (const event of (body['timeline'] ?? []) as Row[]) {
      if (event['event'] === 'transfer' && evidence.transfers.get(String(event['id']))?.reference !== id)
        say('wrong', `the saga ${id} shows ${String(event['id'])}, which is not its transfer`);
      if (
        event['event'] === 'movement' &&
        !evidence.instances.get(String(event['instance']))?.movements.some(({ cause }) => cause === id)
      ) {
        say('wrong', `the saga ${id} shows a movement that is not its own`);
      }
    }
  }
}

function checkInstanceRows(rows: readonly Row[], complete: boolean, context: Context): void {
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

function checkBalances(rows: readonly Row[], context: Context): void {
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

function checkEntries(rows: readonly Row[], complete: boolean, context: Context): void {
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

function checkMovements(rows: readonly Row[], complete: boolean, context: Context): void {
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

/** What each title has defined, at the start. */
const definitions = {
  asset: ['gold Gold true'],
  item: ['sword Sword true'],
  assets: ['points Points false', 'gems Gems true', 'gold Gold true'],
  items: ['crown Crown false', 'sword Sword true'],
};

function checkDefinitions(rows: readonly Row[], { read, say }: Context): void {
  const wanted = definitions[read.what as keyof typeof definitions];
  const shown = rows.map(({ code, name, tradeable }) => `${String(code)} ${String(name)} ${String(tradeable)}`);
  if (String(shown) !== String(wanted)) say('wrong', `the ${read.what} are shown as ${String(shown)}`);
}
