import { debtsOf } from './debts.js';
import { integrityOracle } from './integrity-oracle.js';
import type { ListOracle } from './list-oracles.js';

export const newestFirst = <T>(rows: readonly T[]): T[] => [...rows].reverse();
export const fits = (wanted: string | undefined, value: string | undefined): boolean =>
  wanted === undefined || wanted === value;
let limits = 100;

/** The lists of what is set of players' accounts, of what players owe, of what was paid of it, and of what holds. */
export const accountOracles: Readonly<Record<string, ListOracle>> = {
  ...integrityOracle,
  '/v1/players/{player}/balances/{asset}/changes': {
    path: { player: () => ['ann', 'cid', 'eve'], asset: () => ['gold', 'dust'] },
    shown: ({ createdAt: _, ...row }) => row,
    rows: ({ settings }, { player, asset }) =>
      newestFirst(settings.filter((one) => one.player === player && one.asset === asset)).map(({ change }) => change),
    add: (world, { player = '', asset = '' }) => world.setDebtLimit(player, asset, ++limits),
  },
  '/v1/players/{player}/debts': {
    path: { player: () => ['cid', 'dan', 'eve'] },
    filters: { asset: ['gold', 'gem'], state: ['open', 'paid'] },
    shown: ({ createdAt: _, ...row }) => row,
    rows: (world, { player = '', asset, state }) =>
      newestFirst(debtsOf(world, player).debts)
        .map(({ amount, paid, ...debt }) => ({
          ...debt,
          reason: `reason of ${world.title}`,
          amount: String(amount),
          paid: String(paid),
          state: paid === amount ? 'paid' : 'open',
        }))
        .filter((debt) => fits(asset, debt.asset) && fits(state, debt.state)),
    add: (world, { player = '', asset = 'gold' }) => world.force(player, asset, 1000),
    // What pays a debt pays older ones first, whose place is not the head.
    canAdd: (_world, { state }) => state !== 'paid',
  },
  '/v1/players/{player}/balances/{asset}/debt-payments': {
    path: { player: () => ['cid', 'dan'], asset: () => ['gold', 'gem'] },
    shown: ({ createdAt: _, ...row }) => row,
    rows: (world, { player = '', asset }) =>
      newestFirst(debtsOf(world, player).payments)
        .filter((payment) => payment.asset === asset)
        .map(({ debt, transfer, amount }) => ({ debt, transfer, amount: String(amount) })),
    async add(world, { player = '', asset = '' }) {
      await world.force(player, asset, 1000);
      await world.transfer([`system:mint player:${player} ${asset} 1`]);
    },
  },
};
