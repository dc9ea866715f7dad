import { processNames } from '../system/system.js';
import { ratiosOf, type Summary } from './summary.rules.js';

const wayTitles = {
  convoys: 'convoys, through REST',
  'usual-way': 'one workflow per trade',
  'bare-sql': 'one bare SQL transaction per trade',
  amounts: 'purchases of amounts',
  minted: 'purchases with a minted instance',
  'one-product': 'purchases of one product by all',
  money: 'convoys, through REST',
  'usual-purchase': 'one workflow per purchase',
};

/**
 * The table and the ratios, as Markdown that is as readable in a terminal.
 * @param deal what is counted
 */
export function tableOf(summaries: readonly Summary[], deal: 'trade' | 'purchase' = 'trade'): string {
  const trades = summaries.filter(({ acceptOnly }) => !acceptOnly);
  const accepted = summaries.filter(({ acceptOnly }) => acceptOnly);
  // A process that was not there has used nothing.
  const names = processNames.filter((name) => trades.some((one) => one.cpu[name] > 0));
  return [
    ...aligned([
      [
        'way',
        'in flight',
        `${deal}s/s`,
        'slowest to fastest',
        'p50 ms',
        'p99 ms',
        'Temporal B',
        'PostgreSQL B',
        'CPU of others',
      ],
      ...trades.map((one) => [
        nameOf(one),
        whole(one.inFlight),
        figure(one.tradesPerSecond),
        `${figure(one.slowest)} to ${figure(one.fastest)}`,
        figure(one.p50),
        figure(one.p99),
        whole(one.historyBytes),
        whole(one.postgresBytes),
        `${whole(one.cpuOfOthers * 100)} %`,
      ]),
    ]),
    '',
    ...aligned([
      [`CPU ms per ${deal}`, 'in flight', ...names, 'together'],
      ...trades.map((one) => [
        nameOf(one),
        whole(one.inFlight),
        ...names.map((name) => figure(one.cpu[name])),
        figure(Object.values(one.cpu).reduce((sum, value) => sum + value, 0)),
      ]),
    ]),
    '',
    ...aligned([
      ['in one sentence', 'figure'],
      ...accepted.map(({ p50, p99 }) => [
        'a trade accepted, one at a time on an idle machine',
        `p50 ${figure(p50)} ms, p99 ${figure(p99)} ms`,
      ]),
      ...ratiosOf(summaries).map(({ what, value }) => [what, `${figure(value)} ×`]),
    ]),
  ].join('\n');
}

function nameOf({ way, hot }: Summary): string {
  return hot ? `${wayTitles[way]}, 20 % on one account` : wayTitles[way];
}

/** Three digits, without an exponent, in groups that can be read. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 100 ? whole(value) : String(Number(value.toPrecision(3)));
}

export function whole(value: number): string {
  return Number.isFinite(value)
    ? Math.round(value)
        .toString()
        .replace(/\B(?=(\d{3})+$)/g, ' ')
    : '–';
}

/** A Markdown table whose columns stand below each other; all but the first are to the right. */
export function aligned([head = [], ...rows]: string[][]): string[] {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const padded = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const line = (row: string[]): string => `| ${row.map(padded).join(' | ')} |`;
  const dashes = widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  const rule = `|${dashes.join('|')}|`;
  return [line(head), rule, ...rows.map(line)];
}
