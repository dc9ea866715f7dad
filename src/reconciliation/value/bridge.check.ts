import type { BridgeLine, Check, Look, Part } from '../checks.types.js';
import { readClosings } from './account-sums.reads.js';
import { entriesOfMint, readAsset, readMint } from './mint.reads.js';
import { withMovements } from './mint.rules.js';
import type { MintedAsset } from './mint.types.js';

/** How far the bridge is: an asset, and what its mint has moved up to a version. */
interface Place {
  title: string;
  asset: string;
  /** null where the asset is done, which leaves no sums. */
  version: string | null;
  sums: Record<string, string>;
  /** What others than the mint had of each asset of the title at the cut. */
  closings: Record<string, string>;
}

const atFirst: Place = { title: '', asset: '', version: null, sums: {}, closings: {} };

/**
 * The bridge of each asset: what left its mint and what came back, until the cut, and what all others had then. It
 * finds nothing itself: what remains between both sides is told with the line.
 */
export const bridgeCheck: Check = {
  name: 'bridge',
  kinds: ['full', 'history'],
  async look(look, after): Promise<Part> {
    const { read, run, cut } = look;
    const place = after === null ? atFirst : (JSON.parse(after) as Place);
    const asset = await readAsset(read.ledger, place, place.version === null ? 'behind' : 'itself', run.title);
    if (asset === undefined) return { findings: [], looked: {}, next: null };
    const { title } = asset;
    const closings = title === place.title ? place.closings : await readClosings(read.ledger, title, cut.ledger.xmax);
    return lookAtAsset(look, asset, { version: place.version ?? '0', sums: place.sums, closings });
  },
  again: () => Promise.resolve([]),
};

async function lookAtAsset(
  { read, cut }: Look,
  { title, asset, account }: MintedAsset,
  { closings, ...from }: { version: string; sums: Record<string, string>; closings: Place['closings'] },
): Promise<Part> {
  const { xmax } = cut.ledger;
  const slice =
    account === null
      ? { seen: 0, version: null, moved: [] }
      : await readMint(read.ledger, account, { version: from.version, day: 'infinity' }, xmax);
  const sums = withMovements(from.sums, slice.moved);
  const placeOf = (version: string | null, so: Place['sums']): string =>
    JSON.stringify({ title, asset, version, sums: so, closings } satisfies Place);
  const part: Part = { findings: [], looked: { entries: slice.seen }, next: placeOf(slice.version, sums) };
  if (slice.seen === entriesOfMint) return part;
  const line: BridgeLine = {
    title,
    account: 'asset',
    asset,
    movements: Object.fromEntries(Object.entries(sums).map(([by, amount]) => [by, BigInt(amount)])),
    closing: BigInt(closings[asset] ?? 0),
  };
  return { ...part, lines: [line], next: placeOf(null, {}) };
}
