import { parse, View, type Spec } from 'vega';
import type { Summary } from './summary.rules.js';

const lines: [name: string, belongs: (one: Summary) => boolean][] = [
  ['convoys, through REST', ({ way, hot }) => way === 'convoys' && !hot],
  ['the same, 20 % on one account', ({ way, hot }) => way === 'convoys' && hot],
  ['one bare SQL transaction per trade', ({ way }) => way === 'bare-sql'],
  ['one workflow per trade', ({ way }) => way === 'usual-way'],
];

/**
 * Draws trades a second by how many are in flight. Both axes are logarithmic, because the ways are that far apart.
 * @returns SVG
 */
export async function plotOf(summaries: readonly Summary[]): Promise<string> {
  const values = summaries
    .filter(({ acceptOnly }) => !acceptOnly)
    .flatMap((one) =>
      lines
        .filter(([, belongs]) => belongs(one))
        .map(([way]) => ({
          way,
          inFlight: one.inFlight,
          rate: one.tradesPerSecond,
          slowest: one.slowest,
          fastest: one.fastest,
        })),
    );
  const view = new View(parse(specification(values)), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

function specification(values: object[]): Spec {
  const place = { x: { scale: 'x', field: 'inFlight' }, stroke: { scale: 'color', field: 'way' } };
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    width: 640,
    height: 360,
    padding: 8,
    background: 'white',
    data: [{ name: 'rates', values }],
    scales: [
      { name: 'x', type: 'log', base: 2, range: 'width', domain: { data: 'rates', field: 'inFlight' } },
      {
        name: 'y',
        type: 'log',
        range: 'height',
        nice: true,
        domain: { data: 'rates', fields: ['slowest', 'fastest'] },
      },
      { name: 'color', type: 'ordinal', range: 'category', domain: lines.map(([name]) => name) },
    ],
    axes: [
      {
        orient: 'bottom',
        scale: 'x',
        title: 'trades in flight',
        values: [1, 4, 16, 64, 256, 1_024],
        grid: true,
        format: 'd',
      },
      { orient: 'left', scale: 'y', title: 'trades settled a second', grid: true, format: ',d', tickCount: 5 },
    ],
    legends: [{ stroke: 'color', symbolType: 'stroke', orient: 'bottom', columns: 2, labelLimit: 300 }],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'rates', groupby: 'way' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: { enter: { ...place, y: { scale: 'y', field: 'rate' }, strokeWidth: { value: 2 } } },
          },
          {
            type: 'rule',
            from: { data: 'line' },
            encode: { enter: { ...place, y: { scale: 'y', field: 'slowest' }, y2: { scale: 'y', field: 'fastest' } } },
          },
          {
            type: 'symbol',
            from: { data: 'line' },
            encode: {
              enter: { ...place, y: { scale: 'y', field: 'rate' }, fill: { value: 'white' }, size: { value: 30 } },
            },
          },
        ],
      },
    ],
  };
}
