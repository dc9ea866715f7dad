import type { Check, Finding, Look, Part } from '../checks.types.js';
import {
  productsOfPart,
  purchasesOfPart,
  readProducts,
  readRefunded,
  readSold,
  readTotals,
  type Counted,
} from './counters.reads.js';
import { readItems } from './item-counts.reads.js';
import { entriesOfMint, readAsset, readMint } from './mint.reads.js';
import { firstOpenDay, judgeDays, withMoved, type DaySum } from './mint.rules.js';
import { noUuid } from './places.rules.js';

/** How far the check is. The counters of one kind come after those of another. */
type Place =
  | { at: 'sold'; title: string; product: string }
  | { at: 'totals'; purchase: string }
  | { at: 'items' }
  | { at: 'mint'; title: string; asset: string; going: Going | null };

/** How far the check is with the entries of a mint: the days that are not over yet, and what they come to so far. */
interface Going {
  version: string;
  day: string;
  sums: DaySum[];
}

const atFirst: Going = { version: '0', day: '-infinity', sums: [] };

/** The check of counters: each is what it counts. */
export const countersCheck: Check = {
  name: 'counters',
  kinds: ['full', 'history'],
  async look(look, after): Promise<Part> {
    const place: Place = after === null ? { at: 'sold', title: '', product: '' } : (JSON.parse(after) as Place);
    const { next, ...part } = await lookAt(look, place);
    return { ...part, next: next === null ? null : JSON.stringify(next) };
  },
  async again(look, places): Promise<Finding[]> {
    const of = (word: string): string[] =>
      places.flatMap((place) => (place.startsWith(`${word} `) ? place.slice(word.length + 1) : []));
    const sold = of('sold').map((text) => text.split(' ') as [string, string]);
    const found = [
      ...(sold.length === 0
        ? []
        : await readSold(
            look.read.main,
            sold.map(([title, product]) => ({ title, product })),
          )
      ).map((one) => findingOf(one, look.now, 'sold')),
      ...(of('totals').length === 0 ? [] : await readTotals(look, of('totals'))).map((one) =>
        findingOf(one, look.now, 'totals'),
      ),
      ...(of('items').length === 0 ? [] : await readItems(look)).map((one) => findingOf(one, look.now, 'items')),
    ];
    for (const place of of('mint')) found.push(...(await lookAtMintAgain(look, place)));
    return found.filter(({ place }) => places.includes(place));
  },
};

type Looked = Omit<Part, 'next'> & { next: Place | null };

async function lookAt(look: Look, place: Place): Promise<Looked> {
  const { read, now } = look;
  switch (place.at) {
    case 'sold': {
      const products = await readProducts(look, place);
      const wrong = products.length === 0 ? [] : await readSold(read.main, products);
      const last = products.at(-1);
      return {
        findings: wrong.map((one) => findingOf(one, now, 'sold')),
        looked: { products: products.length },
        next:
          last !== undefined && products.length === productsOfPart
            ? { at: 'sold', ...last }
            : { at: 'totals', purchase: noUuid },
      };
    }
    case 'totals': {
      const purchases = await readRefunded(look, place.purchase);
      const wrong = purchases.length === 0 ? [] : await readTotals(look, purchases);
      const last = purchases.at(-1);
      return {
        findings: wrong.map((one) => findingOf(one, now, 'totals')),
        looked: { refunded: purchases.length },
        next:
          last !== undefined && purchases.length === purchasesOfPart
            ? { at: 'totals', purchase: last }
            : { at: 'items' },
      };
    }
    case 'items':
      return {
        findings: (await readItems(look)).map((one) => findingOf(one, now, 'items')),
        looked: {},
        next: { at: 'mint', title: '', asset: '', going: null },
      };
    case 'mint':
      return lookAtMint(look, place);
  }
}

/** What a counter is more or less than what there is to count. */
function findingOf({ title, of, subject, asset, said, counted }: Counted, now: Date, kind: string): Finding {
  const place = { sold: `${title} ${subject}`, totals: subject.slice('pur_'.length) }[kind] ?? `${title} ${subject}`;
  return {
    type: 35,
    title,
    subject,
    ...(asset !== null && { asset }),
    amount: BigInt(said) - BigInt(counted),
    detail: `It says ${said} ${of}, and ${counted} are counted.`,
    since: now,
    place: `${kind} ${place}`,
  };
}

/** Looks at the next entries of a mint, or at the first of the next mint. */
async function lookAtMint(look: Look, place: Extract<Place, { at: 'mint' }>): Promise<Looked> {
  const { read, run, cut, now } = look;
  const asset = await readAsset(read.ledger, place, place.going === null ? 'behind' : 'itself', run.title);
  if (asset === undefined) return { findings: [], looked: {}, next: null };
  const done = { at: 'mint', title: asset.title, asset: asset.asset, going: null } as const;
  if (asset.account === null) return { findings: [], looked: {}, next: done };
  const going = place.going ?? atFirst;
  const slice = await readMint(read.ledger, asset.account, going, cut.ledger.xmax);
  const sums = withMoved(going.sums, slice.moved);
  const isLast = slice.seen < entriesOfMint || slice.version === null;
  const open = isLast ? 'infinity' : firstOpenDay(slice.moved, going.day);
  const isOver = (day: string): boolean => isLast || day < open;
  const findings = judgeDays(
    asset,
    slice.totals.filter(({ day }) => isOver(day)),
    sums.filter(([day]) => isOver(day)),
    now,
  );
  const rest = sums.filter(([day]) => !isOver(day));
  return {
    findings,
    looked: { entries: slice.seen },
    next: isLast ? done : { ...done, going: { version: slice.version ?? '0', day: open, sums: rest } },
  };
}

async function lookAtMintAgain(look: Look, place: string): Promise<Finding[]> {
  const [title = '', asset = ''] = place.split(' ');
  const found: Finding[] = [];
  for (let going: Going | null = atFirst; going !== null;) {
    const part: Looked = await lookAtMint(look, { at: 'mint', title, asset, going });
    found.push(...part.findings);
    going = part.next?.at === 'mint' ? part.next.going : null;
  }
  return found;
}
