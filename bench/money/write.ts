import { writeBetween, writePicture } from '../report/write.js';
import { moneyPlotOf } from './plot.js';
import { moneyTableOf, type MoneyFigures } from './table.js';

const place = { name: 'before and after', command: 'npm run bench -- purchases --part money --report' };

/** Writes the tables into docs/benchmarks.md, between their marks, and draws docs/before-and-after.svg. */
export async function writeMoneyReport(
  figures: MoneyFigures,
  { seconds, runs }: { seconds: number; runs: number },
  say: (line: string) => void,
): Promise<void> {
  writeBetween(place, [
    `arrivals of ${seconds} s each, completions as medians of ${runs} runs of ${seconds} s.`,
    '',
    '![How purchases are accepted, before and after](before-and-after.svg)',
    '',
    moneyTableOf(figures),
  ]);
  writePicture('before-and-after.svg', await moneyPlotOf(figures.arrivals));
  say('docs/benchmarks.md and docs/before-and-after.svg are written.');
}
