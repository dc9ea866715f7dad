/** An asset or an item that is defined and defined anew. */
export interface Definition {
  route: string;
  code: string;
  subject: string;
  schema: string;
  first: Record<string, unknown>;
  /** What is sent, one after the other. */
  changes: Record<string, unknown>[];
  /** What the answer has that a definition does not name. */
  defaults: Record<string, unknown>;
}

/** A definition of every kind, with a change of each of its members alone. */
export const definitions: Definition[] = [
  {
    route: 'assets',
    code: 'gold',
    subject: 'asset',
    schema: 'ledger',
    first: { name: 'Gold', kind: 'currency' },
    changes: [
      { name: 'Fine gold' },
      { tradeable: false },
      { maxBalance: '1000' },
      { maxBalance: '2000' },
      { maxBalance: undefined },
      { tradeable: true },
      { tradeable: false, name: 'Gold' },
      { maxBalance: '1' },
      { tradeable: true, maxBalance: undefined },
    ],
    defaults: { scale: 0, tradeable: true },
  },
  {
    route: 'assets',
    code: 'dust',
    subject: 'asset',
    schema: 'ledger',
    first: { name: 'Dust', kind: 'stackable', scale: 3, tradeable: false, maxBalance: '5' },
    changes: [{ tradeable: true }, { maxBalance: '6' }, { name: 'Star dust' }],
    defaults: {},
  },
  {
    route: 'items',
    code: 'sword',
    subject: 'item',
    schema: 'inventory',
    first: { name: 'Sword' },
    changes: [
      { tradeable: false },
      { name: 'Blade' },
      { tradeable: true },
      { tradeable: false, name: 'Sword' },
      { tradeable: true },
    ],
    defaults: { tradeable: true },
  },
  {
    route: 'items',
    code: 'relic',
    subject: 'item',
    schema: 'inventory',
    first: { name: 'Relic', tradeable: false },
    changes: [{ name: 'Old relic' }, { tradeable: true }],
    defaults: {},
  },
];
