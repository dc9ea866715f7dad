import type { PurchaseRow } from './books.js';
import { isDone, isGivenUp, isOfMoney, isPurchase } from './deals.rules.js';
import { codeOf, standing, type Evidence, type Operation, type Say } from './evidence.rules.js';
import type { ProviderRefundRow, RefundRow } from './refund-books.js';

/* What only refunds have: a purchase with what is left of it, shares of its content, and a provider that pays back. */

/** Clocks of one machine differ by less. */
const slackMs = 50;

/** A transaction that moves an instance says when it began. It ends within this time, in milliseconds. */
const longestMs = 30_000;

export const sumOf = (rows: readonly { amount: string }[]): bigint =>
  rows.reduce((sum, { amount }) => sum + BigInt(amount), 0n);

/** What a refund is, as its row or an answer says it. */
export function refundText(said: object): string {
  const { purchase, player, product, amount, pay, takes, restock, grounds, ...more } = said as RefundRow;
  const { policy, spentGoods } = more as { policy?: string; spentGoods?: string };
  const unit = 'currency' in pay ? `${pay.currency} by ${pay.provider}` : pay.asset;
  const taken = [
    ...takes.amounts.map((one) => `${one.amount} ${one.asset}`),
    ...takes.items.map(({ instance, owed }) => `${instance} or ${owed}`),
  ];
  return (
    `${amount} ${unit} of ${purchase} of ${product} to ${player} for ${taken.join(' and ')}, ` +
    `${policy ?? spentGoods}, ${restock ? 'restocked' : 'kept'}, ${grounds}`
  );
}

/** How a refund is not what was asked for. A request leaves out what is as usual. */
export function unlikeOrder(row: RefundRow, order: Record<string, unknown>): string[] {
  const { amount = row.amount, spentGoods = 'debt', restock = false, reason, purchase } = order;
  const wanted = { purchase, amount, policy: spentGoods, restock, grounds: reason };
  return Object.entries(wanted).flatMap(([name, value]) =>
    row[name as keyof typeof wanted] === value ? [] : [`the ${name} ${String(row[name as keyof typeof wanted])}`],
  );
}

/** What a completed purchase is shown to be refunded otherwise than its refunds make it at that place of the record. */
export function unlikeRefunded(
  { state, refunded = '0' }: Record<string, unknown>,
  { id, pay }: PurchaseRow,
  place: number,
  { refundsOf, known, movedOutside }: Evidence,
): string[] {
  // What is told of it then goes by what the provider has told meanwhile.
  if (movedOutside.has(id)) return [];
  const all = refundsOf.get(id) ?? [];
  const done = all.filter(isDone);
  const least = sumOf(done.filter((one) => (known.get(`${one.id} closed`) ?? Infinity) < place));
  const [most, shown, paid] = [sumOf(done), BigInt(String(refunded)), BigInt(pay.amount)];
  if (shown < least || shown > most) return [`with ${shown} refunded, which was from ${least} to ${most}`];
  const fits: Record<string, boolean> = {
    completed: shown === 0n,
    partially_refunded: shown > 0n && shown < paid,
    refunded: shown === paid && paid > 0n,
    refunding: all.length > 0,
  };
  return (fits[String(state)] ?? shown === 0n) ? [] : [`as ${String(state)} with ${shown} of ${paid} refunded`];
}

/** Whether a purchase counts no more, because all of it was refunded and everybody wanted it back in stock. */
export function isRestocked({ id, pay }: PurchaseRow, { refundsOf }: Evidence): boolean {
  const counted = (refundsOf.get(id) ?? []).filter((row) => !isGivenUp(row));
  return counted.length > 0 && sumOf(counted) === BigInt(pay.amount) && counted.every(({ restock }) => restock);
}

/** Every refund against its purchase, against what it took, and against the provider's own books. */
export function checkRefunds(evidence: Evidence, say: Say): void {
  for (const [id, rows] of evidence.refundsOf) {
    const purchase = evidence.deals.get(id);
    if (purchase === undefined || !isPurchase(purchase) || !isDone(purchase)) {
      say('wrong', `${rows[0]?.id} gives back what was paid for ${id}, which is not completed`);
      continue;
    }
    for (const row of rows) {
      for (const fault of unlikePurchase(row, purchase)) say('wrong', `${row.id} ${fault}`);
      checkMissing(row, evidence, say);
    }
    checkShares(purchase, rows, say);
  }
  for (const [id, made] of evidence.refundsAtProvider) {
    const row = evidence.deals.get(id);
    for (const { reference, title } of made)
      if (row === undefined || !isOfMoney(row) || row.title !== title)
        say('doubled', `${reference} was made for ${id}, which is no refund of real money of ${title}`);
  }
}

/** Holds every refund of real money to what the provider has made for it. */
export function checkPaidBack(
  row: RefundRow,
  made: readonly ProviderRefundRow[],
  intent: string | null | undefined,
  say: Say,
): void {
  const { id, state, amount, pay, reference } = row;
  const paid = made.filter(({ status }) => status === 'succeeded');
  for (const one of made)
    if (one.status === 'pending' || one.status === 'requires_action')
      say('wrong', `${id} is ${state}, and ${one.reference} is left as ${one.status}`);
  if (!isDone(row)) {
    if (paid.length > 0) say('wrong', `${id} is ${state}, and its money was given back`);
    return;
  }
  const [first] = paid;
  if (first === undefined) return say('lost', `${id} is ${state}, and no money was given back for it`);
  if (paid.length > 1) say('doubled', `${id} was given back ${paid.length} times`);
  if (first.reference !== reference)
    say('wrong', `${id} was given back by ${first.reference}, and it says ${reference}`);
  if (first.intent !== intent) say('wrong', `${id} was given back of ${first.intent}, and ${intent} was paid`);
  const unit = 'currency' in pay ? pay.currency : pay.asset;
  const [wanted, got] = [`${amount} ${unit}`, `${first.amount} ${first.currency.toUpperCase()}`];
  if (wanted !== got) say('wrong', `${id} is for ${wanted}, and ${got} were given back`);
}

function unlikePurchase(row: RefundRow, purchase: PurchaseRow): string[] {
  const unit = ({ pay }: RefundRow | PurchaseRow): string =>
    'currency' in pay ? `${pay.amount} ${pay.currency} by ${pay.provider}` : `${pay.amount} ${pay.asset}`;
  const say = (one: RefundRow | PurchaseRow): string => `${one.title} ${one.player} ${one.product} for ${unit(one)}`;
  return say(row) === say(purchase) ? [] : [`is of ${say(row)}, and ${purchase.id} is ${say(purchase)}`];
}

/** What is booked in the place of a move is owed for what the player did not have at some moment meanwhile. */
function checkMissing(
  { id, player, createdAt, closedAt, missing, reverses }: RefundRow,
  { instances }: Evidence,
  say: Say,
): void {
  const giver = reverses === null ? `player:${player}` : 'system:store';
  for (const instance of missing) {
    const row = instances.get(instance);
    const until = (at: number): boolean => at <= closedAt + slackMs;
    const had = row?.movements
      .filter(({ at }, place) => until(at) && (row.movements[place + 1]?.at ?? Infinity) > createdAt - longestMs)
      .map(({ version }) => standing(row, version));
    if (had?.every((one) => one?.owner === giver && one.state === 'owned') === true)
      say('wrong', `${id} has ${instance} as missing, and ${giver} had it`);
  }
}

/**
 * All refunds of a purchase together: no more than was paid, and the same share of the content. Those that were turned
 * back have given their share to others, or to nobody, so the shares of the rest are exact where there are none.
 */
function checkShares(purchase: PurchaseRow, rows: readonly RefundRow[], say: Say): void {
  const { id, content } = purchase;
  const paid = BigInt(purchase.pay.amount);
  const takenBack = new Set(rows.filter(isDone).map(({ reverses }) => reverses));
  const counted = rows
    .filter((row) => !isGivenUp(row) && row.reverses === null && !takenBack.has(row.id))
    .toSorted((one, other) => one.decidedAt - other.decidedAt);
  const total = sumOf(counted);
  if (total > paid) say('doubled', `${id} was paid with ${paid}, and ${total} were given back`);
  const instances = content.items.flatMap((one) => one.instances);
  const taken = counted.flatMap(({ takes }) => takes.items.map((one) => one.instance));
  for (const one of taken) if (!instances.includes(one)) say('wrong', `${one} was taken for ${id}, which never had it`);
  if (new Set(taken).size !== taken.length) say('doubled', `an instance of ${id} was taken twice`);
  let before = { sum: 0n, items: 0, amounts: new Map<string, bigint>() };
  for (const row of counted) {
    const { takes } = row;
    const sum = before.sum + BigInt(row.amount);
    const items = before.items + takes.items.length;
    const amounts = new Map(
      content.amounts.map(({ asset }) => {
        const now = sumOf(takes.amounts.filter((one) => one.asset === asset));
        return [asset, (before.amounts.get(asset) ?? 0n) + now];
      }),
    );
    before = { sum, items, amounts };
    const wanted = [...content.amounts.map((one) => share(one.amount, sum, paid)), share(instances.length, sum, paid)];
    const got = [...amounts.values(), BigInt(items)];
    if (rows.length === counted.length && String(got) !== String(wanted))
      say(
        'wrong',
        `with ${row.id}, ${sum} of ${paid} of ${id} is refunded, and ${String(got)} is taken, not ${String(wanted)}`,
      );
    if (got.some((one, place) => one > BigInt(content.amounts[place]?.amount ?? instances.length)))
      say('doubled', `with ${row.id}, more of ${id} is taken than it had`);
    for (const one of takes.items) {
      const price = priceOf(instances.indexOf(one.instance) + content.amounts.length, purchase);
      if (one.owed !== price) say('wrong', `${row.id} owes ${one.owed} for ${one.instance}, and its price is ${price}`);
    }
  }
}

function share(whole: string | number, sum: bigint, paid: bigint): bigint {
  return (BigInt(whole) * sum) / paid;
}

/** The price of a part of a purchase. All parts cost the same, and the first ones have the remainder. */
function priceOf(place: number, { content, pay }: PurchaseRow): string {
  const parts = BigInt(content.amounts.length + content.items.flatMap((one) => one.instances).length);
  const paid = BigInt(pay.amount);
  return String(paid / parts + (BigInt(place) < paid % parts ? 1n : 0n));
}

/**
 * Looks at the answers that declined a refund. A declined request keeps nothing, so another try of it may be accepted;
 * where there was no other try, nothing may be there.
 */
export function checkRefundDeclined({ asked, answers }: Operation, evidence: Evidence, say: Say): void {
  const declined = answers.filter(({ status }) => status >= 300);
  const there = evidence.refunds.get(`${asked.title} ${asked.key}`);
  for (const answer of declined) {
    const code = codeOf(answer);
    if (asked.refusal === undefined && !couldDecline(asked, answer.at, code, evidence))
      say('wrong', `was declined for ${code} and that was not so`);
  }
  const once = declined.length === answers.length && answers.every(({ tries }) => tries === 1);
  const isUsedAgain = asked.refusal?.codes.includes('idempotency-key-reused') === true;
  if (once && !isUsedAgain && there !== undefined) say('wrong', `was declined and ${there.id} is there under its key`);
}

/** Whether so much can have been refunded, or be under way, at some moment while the request was open. */
function couldDecline(asked: Operation['asked'], at: string, code: string, evidence: Evidence): boolean {
  const id = String(asked.body['purchase']);
  const row = evidence.deals.get(id);
  if (row === undefined || !isPurchase(row)) return false;
  const since = evidence.operations.get(asked.id)?.place ?? Infinity;
  const wasOpen = ({ id: other }: RefundRow): boolean => (evidence.known.get(`${other} closed`) ?? Infinity) > since;
  const others = (evidence.refundsOf.get(id) ?? []).filter(
    (one) => one.key !== asked.key && one.createdAt <= Date.parse(at) + slackMs,
  );
  if (code === 'refund-under-way') return others.some(wasOpen);
  if (code === 'purchase-disputed') return evidence.movedOutside.has(id);
  const most = sumOf(others.filter((one) => isDone(one) || wasOpen(one)));
  const paid = BigInt(row.pay.amount);
  if (code === 'already-refunded') return most >= paid;
  return code === 'refund-too-large' && most + BigInt(String(asked.body['amount'] ?? '0')) > paid;
}

/**
 * Whether a refund can have been turned back for that: by what the provider has said of it, and for nothing that is
 * said of players, nor for what the title lacks.
 */
export function couldTurnBack(row: RefundRow, code: string, evidence: Evidence): boolean {
  const { refundsAtProvider, movedOutside } = evidence;
  const made = refundsAtProvider.get(row.id) ?? [];
  // What is disputed, or was given back at the dashboard, the provider does not give back again.
  if (code === 'refund-failed')
    return row.state === 'failed' && (movedOutside.has(row.purchase) || made.some(({ status }) => status === 'failed'));
  return code === 'refund-canceled' && row.state === 'canceled' && made.some(({ status }) => status === 'canceled');
}
