import { unlikeTransfer } from './checker-ledger.rules.js';
import { unlikeDeal } from './checker-deals.rules.js';
import { checkBalances, checkEntries, checkInstanceRows, checkMovements } from './checker-versions.rules.js';
import type { DealRow } from './books.js';
import { unlikeRefunded } from './checker-refunds.rules.js';
import {
  closedStates,
  isPurchase,
  isRefund,
  kindOf,
  moneyOf,
  playersOf,
  rowState,
  sagaPlayersOf,
} from './deals.rules.js';
import { currency } from './money.js';
import { codeOf, transferKnown, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';
import { products } from './products.js';
import type { Read } from './recorder.js';
import { missing, own, type Context, type Row } from './shown-rows.rules.js';

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
  else if (/^(trade|purchase|refund)s?$/.test(read.what)) checkDealRows(rows, complete, context);
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

function checkDealRows(rows: readonly Row[], complete: boolean, context: Context): void {
  const { read, title, place, evidence, say } = context;
  const { player, reference, product, purchase, state } = read.filter;
  const kind = read.what.replace(/s$/, '');
  const fits = (row: DealRow): boolean =>
    kindOf(row) === kind &&
    (reference === undefined || row.reference === reference) &&
    (player === undefined || playersOf(row).includes(player)) &&
    (purchase === undefined || (isRefund(row) && row.purchase === purchase)) &&
    (product === undefined || (isPurchase(row) && row.product === product));
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.deals.get(id), context);
    if (row === undefined) continue;
    if (kindOf(row) !== kind) {
      say('wrong', `the read of ${read.what} shows ${id}, which is a ${kindOf(row)}`);
      continue;
    }
    for (const fault of unlikeDeal(body, row)) say('wrong', `the read of ${read.what} shows ${id} with ${fault}`);
    if (isPurchase(row))
      for (const fault of unlikeRefunded(body, row, place, evidence))
        say('wrong', `the read of ${read.what} shows ${id} ${fault}`);
    const ended = (evidence.known.get(`${id} closed`) ?? Infinity) < place;
    if (ended && !closedStates.includes(String(body['state'])))
      say(
        'wrong',
        `the read of ${read.what} shows ${id} as ${String(body['state'])}, and it was told as ${row.state} before`,
      );
    if (!isInState(body['state'], state, row) || !fits(row))
      say('wrong', `the list of ${read.what} by ${JSON.stringify(read.filter)} shows ${id}`);
  }
  if (!complete || (state !== undefined && !closedStates.includes(state))) return;
  const before = [...evidence.deals.values()].filter(
    (row) =>
      row.title === title &&
      fits(row) &&
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

/** Whether a deal may be shown where a state is asked for: an open one in money says how far its payment is. */
function isInState(shown: unknown, state: string | undefined, row: DealRow): boolean {
  if (state === undefined || rowState(String(shown)) === state) return true;
  return (
    (moneyOf(row) !== undefined || isRefund(row)) &&
    !closedStates.includes(state) &&
    !closedStates.includes(String(shown))
  );
}

function checkSagas(rows: readonly Row[], context: Context): void {
  const { read, place, evidence, say } = context;
  for (const body of rows) {
    const id = String(body['id']);
    const row = own(id, evidence.deals.get(id), context);
    if (row === undefined) continue;
    const players = (body['players'] as string[]).toSorted();
    if (String(players) !== String(sagaPlayersOf(row).toSorted()))
      say('wrong', `the saga ${id} is shown with the players ${String(players)}`);
    if (body['kind'] !== kindOf(row) || (read.filter['kind'] ?? kindOf(row)) !== kindOf(row))
      say(
        'wrong',
        `the read of ${read.what} by ${JSON.stringify(read.filter)} shows ${id} as a ${String(body['kind'])}`,
      );
    if (read.filter['player'] !== undefined && !players.includes(read.filter['player']))
      say('wrong', `the list of sagas by ${JSON.stringify(read.filter)} shows ${id}`);
    if (read.filter['state'] !== undefined && body['state'] !== read.filter['state'])
      say('wrong', `the list of sagas by ${JSON.stringify(read.filter)} shows ${id} as ${String(body['state'])}`);
    const deal = body['deal'] as { state: string };
    const ended = closedStates.includes(deal.state);
    if (ended && rowState(deal.state) !== row.state)
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

/** What each title has defined, at the start. */
const definitions = {
  asset: ['gold Gold true'],
  item: ['sword Sword true'],
  assets: ['points Points false', 'gems Gems true', 'gold Gold true'],
  items: ['seal Seal true', 'crown Crown false', 'sword Sword true'],
  product: ['potion potion published'],
  products: products
    .map(({ code, notSold }) => `${code} ${code} ${notSold === 'withdrawn' ? 'withdrawn' : 'published'}`)
    .toReversed(),
};

function checkDefinitions(rows: readonly Row[], { read, say }: Context): void {
  const wanted = definitions[read.what as keyof typeof definitions];
  // The currency is made by the first payment that is booked.
  const defined = rows.filter(({ code }) => code !== currency);
  const shown = defined.map(
    ({ code, name, tradeable, state }) => `${String(code)} ${String(name)} ${String(tradeable ?? state)}`,
  );
  if (String(shown) !== String(wanted)) say('wrong', `the ${read.what} are shown as ${String(shown)}`);
}
