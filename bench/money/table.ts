import type { Arrived } from '../driver/orders.js';
import type { Summary } from '../report/summary.rules.js';
import { aligned, figure, tableOf, whole } from '../report/table.js';
import type { ArrivalResult } from './arrival-run.js';
import { changesOf, sharesOf, withoutProvider, type Change } from './money.rules.js';
import { outageTitles } from './outages.js';

/** Everything that was measured of purchases in real money. */
export interface MoneyFigures {
  /** How fast they complete. */
  completions: Summary[];
  /** Milliseconds that the official client takes for the three calls of a purchase, where nothing else is under way. */
  threeCallsMs: number;
  /** Processor milliseconds of the official client for a purchase. */
  clientMs: number;
  /** Trades of bystanders beside no purchases. */
  alone: ArrivalResult[];
  /** How they are accepted. */
  arrivals: ArrivalResult[];
}

const designTitles = { veltrix: 'Veltrix', 'inside-the-request': 'inside the request' };

/** The tables, as Markdown that is as readable in a terminal. */
export function moneyTableOf({ completions, threeCallsMs, clientMs, alone, arrivals }: MoneyFigures): string {
  return [
    ...aligned([
      [
        'purchases arrive',
        'a second',
        'design',
        'accept p50 ms',
        'accept p99 ms',
        'errors',
        'trade p50 ms',
        'trade p99 ms',
      ],
      ...[...alone, ...arrivals].map(({ outage, perSecond, design, purchases, bystanders }) => [
        perSecond === 0 ? 'none arrive' : outageTitles[outage],
        whole(perSecond),
        designTitles[design],
        figure(purchases.p50),
        figure(purchases.p99),
        errorsOf(purchases),
        ...(outage === 'temporal-gone'
          ? [`(${figure(bystanders.p50)})`, `(${figure(bystanders.p99)})`]
          : [figure(bystanders.p50), figure(bystanders.p99)]),
      ]),
    ]),
    '',
    ...aligned([['before and after', 'a second', 'figure'], ...changesOf(arrivals).flatMap(sentencesOf)]),
    '',
    tableOf(completions, 'purchase'),
    '',
    ...aligned([['a lone purchase', 'ms'], ...loneOf(completions, threeCallsMs)]),
    '',
    ...aligned([['of a purchase at the most in flight', 'CPU ms', 'share'], ...costsOf(completions, clientMs)]),
  ].join('\n');
}

function errorsOf({ sent, accepted }: Arrived): string {
  if (sent === 0) return '–';
  return `${figure(((sent - accepted) / sent) * 100)} %`;
}

function sentencesOf({ perSecond, latency, p99, errors }: Change): string[][] {
  const percent = (share: number): string => `${figure(share * 100)} %`;
  const rate = whole(perSecond);
  return [
    ['accept p50 of Veltrix, of that inside the request', rate, percent(latency)],
    ['accept p99 of Veltrix, best to worst of the four cases', rate, `${figure(p99.best)} to ${figure(p99.worst)} ms`],
    [
      'errors while the processor hangs or is gone, before to after',
      rate,
      `${percent(errors.before)} to ${percent(errors.after)}`,
    ],
  ];
}

function loneOf(completions: readonly Summary[], threeCallsMs: number): string[][] {
  const lone = completions.find(({ way, inFlight }) => way === 'money' && inFlight === 1);
  if (lone === undefined) return [];
  return [
    ['p50 until it is completed', figure(lone.p50)],
    ['of it the three calls, by the official client alone', figure(threeCallsMs)],
    ['of it all else', figure(lone.p50 - threeCallsMs)],
  ];
}

function costsOf(completions: readonly Summary[], clientMs: number): string[][] {
  const ours = completions.filter(({ way }) => way === 'money');
  const most = ours.reduce<Summary | undefined>(
    (a, b) => (a !== undefined && a.inFlight > b.inFlight ? a : b),
    undefined,
  );
  if (most === undefined) return [];
  const all = Object.values(most.cpu).reduce((sum, value) => sum + value, 0);
  const share = (value: number): string => `${whole(value * 100)} %`;
  const without = withoutProvider(most.cpu, clientMs);
  return [
    ...sharesOf(most.cpu).map(([name, part]) => [name, figure(most.cpu[name]), share(part)]),
    ['of the worker, the official client, measured alone', figure(clientMs), share(clientMs / all)],
    ['without simulator and client', figure(without), share(without / all)],
  ];
}
