import type { DealRow, PurchaseRow } from './books.js';
import { isRestocked } from './checker-refunds.rules.js';
import { isDone, isGivenUp, isPurchase, orderText } from './deals.rules.js';
import { codeOf, type Evidence, type Operation, type Say, type Told } from './evidence.rules.js';
import { currency } from './money.js';
import { priceOf, productOf, times, type Product } from './products.js';

/* What only purchases have: a product with its price and content, stock, limits, and requests that are declined. */

/** Clocks of one machine differ by less. */
const slackMs = 50;

/** The day of UTC of a moment in milliseconds. */
const dayOf = (moment: number): string => new Date(moment).toISOString().slice(0, 10);

const sumOf = (rows: readonly PurchaseRow[]): number => rows.reduce((sum, { quantity }) => sum + quantity, 0);

/** Every purchase against its product, and all of each product against what may be sold of it. */
export function checkPurchases(evidence: Evidence, say: Say): void {
  const { deals, sales } = evidence;
  const counting = new Map<string, PurchaseRow[]>(sales.map(({ title, product }) => [`${title} ${product}`, []]));
  for (const row of deals.values()) {
    if (!isPurchase(row)) continue;
    for (const fault of unlikeProduct(row)) say('wrong', `${row.id} ${fault}`);
    if (isGivenUp(row) || isRestocked(row, evidence)) continue;
    const name = `${row.title} ${row.product}`;
    counting.set(name, [...(counting.get(name) ?? []), row]);
  }
  const counted = new Map(sales.map(({ title, product, sold }) => [`${title} ${product}`, sold]));
  for (const [name, rows] of counting) {
    const sold = sumOf(rows);
    if (counted.get(name) !== sold)
      say('wrong', `${name} is counted as sold ${counted.get(name)} times, and its purchases make ${sold}`);
    const product = productOf(rows[0]?.product);
    if (product === undefined) continue;
    if (sold > (product.stock ?? Infinity)) say('doubled', `${name} was sold ${sold} times of ${product.stock}`);
    checkLimit(rows, product.perPlayer, ({ player }) => `${name} was bought by ${player}`, say);
    const daily = ({ player, createdAt }: PurchaseRow): string =>
      `${name} was bought by ${player} on ${dayOf(createdAt)}`;
    checkLimit(rows, product.perPlayerAndDay, daily, say);
  }
}

function checkLimit(
  rows: readonly PurchaseRow[],
  limit: number | undefined,
  nameOf: (row: PurchaseRow) => string,
  say: Say,
): void {
  if (limit === undefined) return;
  const bought = new Map<string, number>();
  for (const row of rows) bought.set(nameOf(row), (bought.get(nameOf(row)) ?? 0) + row.quantity);
  for (const [name, quantity] of bought)
    if (quantity > limit) say('doubled', `${name} ${quantity} times, where ${limit} are allowed`);
}

/** How a purchase is not what its product says, so many times. */
function unlikeProduct(row: PurchaseRow): string[] {
  const product = productOf(row.product);
  if (product === undefined || product.notSold !== undefined)
    return [`is a purchase of ${row.product}, which is not sold`];
  const { quantity, content, pay } = row;
  const inMoney = 'currency' in pay;
  if (inMoney && product.money === undefined) return [`is paid in real money, for which ${product.code} is not sold`];
  const method = inMoney && pay.method !== undefined ? { method: pay.method } : {};
  const price = { ...priceOf(product, quantity, inMoney), ...method };
  const wanted = orderText({ ...row, pay: price });
  const faults = orderText(row) === wanted ? [] : [`is ${orderText(row)}, and the price makes it ${wanted}`];
  const got = [
    ...content.amounts.map(({ asset, amount }) => `${amount} ${asset}`),
    ...content.items.map(({ item, instances }) => `${new Set(instances).size} ${item}`),
  ];
  const wantedContent = contentOf(product, quantity);
  if (String(got) !== String(wantedContent))
    faults.push(`has the content ${String(got)} instead of ${String(wantedContent)}`);
  if (row.version !== 1) faults.push(`is of version ${row.version}, which there never was`);
  return faults;
}

function contentOf({ amounts, items }: Product, quantity: number): string[] {
  return [
    ...amounts.map(({ asset, amount }) => `${times(amount, quantity)} ${asset}`),
    ...items.map(({ item, count }) => `${count * quantity} ${item}`),
  ];
}

/**
 * Looks at the answers that declined a purchase. A declined request keeps nothing, so an earlier try of it that was
 * never answered, or a later one, may be accepted all the same; where there was no other try, nothing may be there.
 */
export function checkDeclined(operation: Operation, evidence: Evidence, say: Say): void {
  const { asked, answers } = operation;
  const declined = answers.filter(({ status }) => status >= 300);
  for (const answer of declined) {
    const code = codeOf(answer);
    if (asked.refusal === undefined && !couldDecline(operation, answer, code, evidence))
      say('wrong', `was declined for ${code} and that was not so`);
    if (code === 'price-changed') checkPriceTold(operation, answer, say);
  }
  const once = declined.length === answers.length && answers.every(({ tries }) => tries === 1);
  const there = evidence.purchases.get(`${asked.title} ${asked.key}`);
  if (asked.refusal === undefined && once && there !== undefined)
    say('wrong', `was declined and ${there.id} is there under its key`);
}

/** Whoever has seen another price is told the price of now. */
function checkPriceTold({ asked }: Operation, { body }: Told, say: Say): void {
  const { product, quantity = 1 } = asked.body as { product: string; quantity?: number };
  const prices = body['prices'] as { asset?: string; currency?: string; amount: string }[] | undefined;
  const told = prices?.map((one) => `${one.amount} ${one.asset ?? one.currency}`);
  const { price = '0', money } = productOf(product) ?? {};
  const inMoney = money === undefined ? '' : `,${times(money, quantity)} ${currency}`;
  const wanted = `${times(price, quantity)} gold${inMoney}`;
  if (told?.join() !== wanted) say('wrong', `the price was told as ${told?.join()} and is ${wanted}`);
}

/** Whether stock or limits can have stood in the way at some moment while the request was open. */
function couldDecline({ asked, place }: Operation, { at }: Told, code: string, evidence: Evidence): boolean {
  const { player, quantity = 1 } = asked.body as { player: string; quantity?: number };
  const product = productOf(asked.body['product']);
  if (product === undefined) return false;
  const span = [Date.parse(asked.at) - slackMs, Date.parse(at) + slackMs] as const;
  // All that may have counted at once: what was accepted until then and was not known to be given up before.
  const most = [...evidence.deals.values()].filter(
    (row): row is PurchaseRow =>
      isPurchase(row) &&
      row.title === asked.title &&
      row.product === product.code &&
      row.key !== asked.key &&
      row.createdAt <= span[1] &&
      mayCount(row, place, evidence),
  );
  const ofPlayer = most.filter((row) => row.player === player);
  const days = span.map(dayOf);
  if (code === 'out-of-stock') return sumOf(most) + quantity > (product.stock ?? Infinity);
  if (code !== 'purchase-limit-reached') return false;
  return (
    sumOf(ofPlayer) + quantity > (product.perPlayer ?? Infinity) ||
    sumOf(ofPlayer.filter(({ createdAt }) => days.includes(dayOf(createdAt)))) + quantity >
      (product.perPlayerAndDay ?? Infinity)
  );
}

/** Whether a purchase may still have counted at a place of the record: it was not known to be refused by then. */
function mayCount(row: DealRow, place: number, { known }: Evidence): boolean {
  return isDone(row) || (known.get(`${row.id} closed`) ?? Infinity) > place;
}

/** Whether so many of an item may have been taken, while a purchase was open, that it could not be minted. */
export function couldBeSoldOut(row: PurchaseRow, place: number, evidence: Evidence): boolean {
  return row.content.items.some(({ item, instances }) => {
    const limit = evidence.items.find((one) => one.title === row.title && one.item === item)?.limit ?? Infinity;
    const taken = [...evidence.deals.values()].flatMap((one) =>
      isPurchase(one) &&
      one.title === row.title &&
      one.id !== row.id &&
      one.createdAt <= row.closedAt + slackMs &&
      mayCount(one, place, evidence)
        ? one.content.items.filter((other) => other.item === item)
        : [],
    );
    return taken.reduce((sum, other) => sum + other.instances.length, instances.length) > limit;
  });
}
