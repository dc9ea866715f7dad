import type { BridgeLine, Check, Look, Part } from '../checks.types.js';
import { entriesOfMint, readAsset, readClosing, readMint } from './mint.reads.js';
import { withMovements } from './mint.rules.js';
import type { MintedAsset } from './mint.types.js';

/** How far the bridge is: an asset, and what its mint has moved up to a version. */
interface Place {
  title: string;
  asset: string;
  /** null where the asset is done. */
  version: string | null;
  sums: Record<string, string>;
}

/**
 * The bridge of each asset: what left its mint and what came back, until the cut, and what all others had then. It
 * finds nothing itself: what remains between both sides is told with the line.
 */
export const bridgeCheck: Check = {
  name: 'bridge',
  kinds: ['full', 'history'],
  async look(look, after): Promise<Part> {
    const { read, run } = look;
    const place: Place =
      after === null ? { title: '', asset: '', version: null, sums: {} } : (JSON.parse(after) as Place);
    const asset = await readAsset(read.ledger, place, place.version === null ? 'behind' : 'itself', run.title);
    if (asset === undefined) return { findings: [], looked: {}, next: null };
    return lookAtAsset(look, asset, place.version === null ? { version: '0', sums: {} } : place);
  },
  again: () => Promise.resolve([]),
};

async function lookAtAsset(
  { read, cut }: Look,
  { title, asset, account }: MintedAsset,
  from: { version: string | null; sums: Record<string, string> },
): Promise<Part> {
  const { xmax } = cut.ledger;
  const slice =
    account === null
      ? { seen: 0, version: null, moved: [] }
      : await readMint(read.ledger, account, { version: from.version ?? '0', day: 'infinity' }, xmax);
  const sums = withMovements(from.sums, slice.moved);
  const looked = { entries: slice.seen };
  if (slice.seen === entriesOfMint)
    return {
      findings: [],
      looked,
      next: JSON.stringify({ title, asset, version: slice.version, sums } satisfies Place),
    };
  const line: BridgeLine = {
    title,
    account: 'asset',
    asset,
    movements: Object.fromEntries(Object.entries(sums).map(([by, amount]) => [by, BigInt(amount)])),
    closing: await readClosing(read.ledger, { title, asset }, xmax),
  };
  return {
    findings: [],
    lines: [line],
    looked,
    next: JSON.stringify({ title, asset, version: null, sums: {} } satisfies Place),
  };
}
