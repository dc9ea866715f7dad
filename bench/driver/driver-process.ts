import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type {
  ArrivalOrder,
  ArrivalReport,
  BesideOrder,
  BesideReport,
  DriverNews,
  DriverReport,
  DriverTargets,
  RunOrder,
} from './orders.js';

/** What the harness does at the moments of a run. */
export interface RunMoments {
  windowBegins(): void;
  windowEnds(): void;
  progress?(settled: number): void;
}

/** The driver, seen from the harness. */
export class DriverProcess {
  private constructor(private readonly child: ChildProcess) {}

  static async start(targets: DriverTargets): Promise<DriverProcess> {
    const child = fork(fileURLToPath(new URL('./driver.js', import.meta.url)), [JSON.stringify(targets)]);
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve());
      child.once('exit', (code) => reject(new Error(`The driver ended at its start with code ${code}.`)));
    });
    return new DriverProcess(child);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Has one order carried out. @throws Error where the driver has failed or ended */
  run(order: RunOrder, moments: RunMoments): Promise<DriverReport> {
    return this.carryOut(order, (news, done) => {
      if (news.news === 'window-begins') moments.windowBegins();
      else if (news.news === 'window-ends') moments.windowEnds();
      else if (news.news === 'progress') moments.progress?.(news.settled);
      else if (news.news === 'done') done(news.report);
    });
  }

  /** Has requests come at their own pace. @throws Error where the driver has failed or ended */
  arrive(order: ArrivalOrder): Promise<ArrivalReport> {
    return this.carryOut(order, (news, done) => {
      if (news.news === 'arrived') done(news.report);
    });
  }

  /** Has transfers and trades come beside a row. @throws Error where the driver has failed or ended */
  beside(order: BesideOrder): Promise<BesideReport> {
    return this.carryOut(order, (news, done) => {
      if (news.news === 'beside') done(news.report);
    });
  }

  private async carryOut<Report>(
    order: RunOrder | ArrivalOrder | BesideOrder,
    onNews: (news: DriverNews, done: (report: Report) => void) => void,
  ): Promise<Report> {
    const { child } = this;
    let onMessage: ((news: DriverNews) => void) | undefined;
    let onExit: (() => void) | undefined;
    try {
      return await new Promise<Report>((resolve, reject) => {
        onExit = () => reject(new Error('The driver has ended in the middle of a run.'));
        onMessage = (news) => {
          if (news.news === 'failed') reject(new Error(`The driver has failed: ${news.reason}`));
          else onNews(news, resolve);
        };
        child.on('message', onMessage);
        child.once('exit', onExit);
        child.send(order);
      });
    } finally {
      if (onMessage) child.off('message', onMessage);
      if (onExit) child.off('exit', onExit);
    }
  }

  end(): void {
    this.child.disconnect();
  }
}
