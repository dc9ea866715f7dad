import { parse, View, type Mark, type Spec } from 'vega';
import type { ArrivalResult } from './arrival-run.js';
import { outageTitles, outages } from './outages.js';

const designs = { 'inside-the-request': 'before: processor inside the request', veltrix: 'after: Veltrix' } as const;
const height = 240;

/** Draws accept p99 and errors by what is wrong, before and after, at the higher of the rates. @returns SVG */
export async function moneyPlotOf(arrivals: readonly ArrivalResult[]): Promise<string> {
  const most = Math.max(...arrivals.map(({ perSecond }) => perSecond));
  const values = arrivals
    .filter(({ perSecond }) => perSecond === most)
    .map(({ outage, design, purchases: { p99, sent, accepted } }) => ({
      outage: outageTitles[outage],
      design: designs[design],
      // A logarithmic axis has no place for what does not exist; it is written instead.
      p99: Number.isFinite(p99) ? p99 : null,
      label: Number.isFinite(p99) ? `${Math.round(p99)}` : 'none',
      errors: ((sent - accepted) / sent) * 100,
    }));
  const view = new View(parse(specification(values, most)), { renderer: 'none' });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

function specification(values: { p99: number | null }[], perSecond: number): Spec {
  const slowest = Math.max(1_000, ...values.map(({ p99 }) => p99 ?? 0));
  const panel = { width: 420, height };
  return {
    $schema: 'https://vega.github.io/schema/vega/v6.json',
    padding: 8,
    background: 'white',
    layout: { columns: 1, padding: 30 },
    data: [{ name: 'arrivals', values }],
    scales: [{ name: 'color', type: 'ordinal', range: ['#c44e52', '#4c72b0'], domain: Object.values(designs) }],
    legends: [{ fill: 'color', orient: 'bottom', columns: 2, labelLimit: 300 }],
    marks: [
      panelOf(panel, `accept p99, ms, ${perSecond} purchases a second`, {
        type: 'log',
        field: 'p99',
        least: 1,
        most: slowest,
      }),
      panelOf(panel, 'purchases not accepted within 10 s, %', { type: 'linear', field: 'errors', least: 0, most: 100 }),
    ],
  };
}

interface Axis {
  type: 'log' | 'linear';
  field: 'p99' | 'errors';
  least: number;
  most: number;
}

function panelOf(size: { width: number; height: number }, title: string, { type, field, least, most }: Axis): Mark {
  const bar = {
    x: { scale: 'x', field: 'outage', offset: { scale: 'within', field: 'design' } },
    width: { scale: 'within', band: 1 },
  };
  const top = { scale: 'y', signal: `isValid(datum.${field}) ? max(datum.${field}, ${least}) : ${least}` };
  const text = field === 'p99' ? { field: 'label' } : { signal: "format(datum.errors, '.0f') + ' %'" };
  return {
    type: 'group',
    encode: { enter: { width: { value: size.width }, height: { value: size.height } } },
    signals: [
      { name: 'width', value: size.width },
      { name: 'height', value: size.height },
    ],
    scales: [
      {
        ...{ name: 'x', type: 'band', range: [0, size.width], padding: 0.2 },
        domain: outages.map((outage) => outageTitles[outage]),
      },
      { name: 'within', type: 'band', range: [0, { signal: "bandwidth('x')" }], domain: Object.values(designs) },
      {
        ...{ name: 'y', range: [size.height, 0] as [number, number], nice: true },
        ...(type === 'log' ? { type } : { type }),
        domain: [least, most],
      },
    ],
    axes: [
      { orient: 'bottom', scale: 'x' },
      { orient: 'left', scale: 'y', title, grid: true, tickCount: 5 },
    ],
    marks: [
      {
        type: 'rect',
        from: { data: 'arrivals' },
        encode: {
          enter: { ...bar, y: top, y2: { scale: 'y', value: least }, fill: { scale: 'color', field: 'design' } },
        },
      },
      {
        type: 'text',
        from: { data: 'arrivals' },
        encode: {
          enter: {
            x: { ...bar.x, band: 0 },
            dx: { scale: 'within', band: 0.5 },
            y: top,
            dy: { value: -3 },
            align: { value: 'center' },
            text,
          },
        },
      },
    ],
  };
}
