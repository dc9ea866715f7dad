import type { ListOracle } from './list-oracles.js';
import type { World } from './world.js';

/** What all players and system owners but the mint have of an asset, counted anew from all transfers. */
function supplyOf({ transfers }: World, asset: string): string {
  const legs = transfers.flatMap((one) => one.legs).filter((leg) => leg.asset === asset);
  const from = legs.reduce((sum, leg) => sum + (leg.from === 'system:mint' ? BigInt(leg.amount) : 0n), 0n);
  return String(legs.reduce((sum, leg) => sum - (leg.to === 'system:mint' ? BigInt(leg.amount) : 0n), from));
}

function countsOf({ instances }: World, item: string): Record<string, string> {
  const all = instances.filter((one) => one.item === item);
  const count = (state: string): string => String(all.filter((one) => one.state === state).length);
  return { minted: String(all.length), burned: count('burned'), owned: count('owned'), held: count('held') };
}

let added = 0;

/** The report on the books: the assets and then the items, each newest first. */
export const integrityOracle: Readonly<Record<string, ListOracle>> = {
  '/v1/integrity': {
    filters: {
      asset: ({ title }) => ['gold', `only-${title}`],
      item: ({ title }) => ['sword', `only-${title}`],
      from: ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
      to: ['2999-01-01T00:00:00Z', '2999-01-02T00:00:00Z'],
    },
    shown: ({ asset, item, holds, supply, minted, burned, owned, held }) => ({
      holds,
      ...(asset === undefined ? { item, minted, burned, owned, held } : { asset, supply }),
    }),
    rows(world, { asset, item }) {
      const fits = (one: string | undefined, other: string | undefined, code: string): boolean =>
        one === undefined ? other === undefined : one === code;
      return [
        ...[...world.assets]
          .reverse()
          .filter((code) => fits(asset, item, code))
          .map((code) => ({ holds: true, asset: code, supply: supplyOf(world, code) })),
        ...[...world.items]
          .reverse()
          .filter((code) => fits(item, asset, code))
          .map((code) => ({ holds: true, item: code, ...countsOf(world, code) })),
      ];
    },
    add: (world) => world.define('assets', `counted-${++added}`),
    canAdd: (_world, { asset, item }) => asset === undefined && item === undefined,
  },
};
