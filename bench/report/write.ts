import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type as systemType } from 'node:os';
import { fileURLToPath } from 'node:url';
import { plotOf } from './plot.js';
import { tableOf } from './table.js';
import type { Summary } from './summary.rules.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** Where a part of docs/benchmarks.md is, and the command that writes it. */
export interface Place {
  name: string;
  command: string;
}

const trades: Place = { name: 'measured', command: 'npm run bench -- trades --report' };

/**
 * Writes the table into docs/benchmarks.md, between its marks, and draws docs/benchmarks.svg. No figure there is
 * written by hand.
 */
export async function writeReport(
  summaries: readonly Summary[],
  how: { seconds: number; runs: number },
  say: (line: string) => void,
): Promise<void> {
  const picture = '![Trades settled a second, by how many are in flight](benchmarks.svg)';
  writeBetween(trades, [`medians of ${how.runs} runs of ${how.seconds} s.`, '', tableOf(summaries), '', picture]);
  writePicture('benchmarks.svg', await plotOf(summaries));
  say('docs/benchmarks.md and docs/benchmarks.svg are written.');
}

/** Writes what was measured just now between the marks of a place. @param first how the figures were made */
export function writeBetween({ name, command }: Place, [first = '', ...rest]: string[]): void {
  const page = `${docs}benchmarks.md`;
  const text = readFileSync(page, 'utf8');
  const [begin, end] = [`<!-- ${name}: begin, written by \`${command}\` -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error('docs/benchmarks.md has lost the marks between which the table belongs.');
  const [processor] = cpus();
  const day = new Date().toISOString().slice(0, 10);
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const machine =
    `Measured on ${day}: ${cpus().length} × ${processor?.model.trim()}, ${memory}, ` +
    `${systemType()} ${release()}, Node.js ${process.versions.node};`;
  const measured = [begin, '', machine, first, ...rest, '', end].join('\n');
  writeFileSync(page, text.slice(0, from) + measured + text.slice(to + end.length));
}

/** @param svg the picture, which goes into docs/ */
export function writePicture(file: string, svg: string): void {
  writeFileSync(`${docs}${file}`, svg);
}
