import { write, writeSync } from 'node:fs';

/** How much of the log is kept while it cannot be written. What comes beyond that is lost. */
const maxKeptBytes = 1_000_000;

/** When a reader that is too slow is offered the log again, and when a disk that is full is. */
const [againMs, againAfterErrorMs] = [100, 1_000];

/**
 * Where the log of a process goes: standard output. Where it cannot be written, for example because its disk is full,
 * the process goes on. It keeps some of the log, loses the rest, and tries again with each line and once a second.
 *
 * It stands in the place of pino's own destination, which ends the process at such an error. At the end of the process
 * that one tries for ever.
 */
export class LogDestination {
  /** The lines that are not written yet, and of the first of them perhaps a part. */
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private writing = false;
  /** How many of the kept bytes the system is writing now. */
  private underWay = 0;
  private code: string | undefined;
  private again: NodeJS.Timeout | undefined;
  private lost = 0;
  private tell: (lostLines: number) => void = () => undefined;

  /** @param fd the file descriptor; it is another one in tests alone */
  constructor(private readonly fd = 1) {
    process.on('exit', () => this.flushSync());
  }

  /** Why the log cannot be written now, in one sentence; undefined where it can. */
  get fault(): string | undefined {
    return this.code && `The log cannot be written: ${this.code}.`;
  }

  /** Calls back when the log can be written again, with how many lines were lost meanwhile. */
  onRecovered(tell: (lostLines: number) => void): void {
    this.tell = tell;
  }

  /** Takes one line, which is written soon. It throws nothing. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.keptBytes + bytes.length > maxKeptBytes) {
      this.lost += 1;
    } else {
      this.kept.push(bytes);
      this.keptBytes += bytes.length;
    }
    if (!this.writing) this.writeKept();
  }

  /** Writes what is kept, because the process ends. pino calls it also after a line of the level `fatal`. */
  flushSync(): void {
    let rest = this.together().subarray(this.underWay);
    this.kept = [this.together().subarray(0, this.underWay)];
    this.keptBytes = this.underWay;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.fd, rest));
    } catch {
      // Nobody could be told.
    }
  }

  private writeKept(): void {
    this.writing = true;
    const bytes = this.together();
    this.underWay = bytes.length;
    write(this.fd, bytes, 0, bytes.length, null, (error, count) => {
      this.writing = false;
      this.underWay = 0;
      if (error?.code === 'EAGAIN') {
        this.writing = true;
        setTimeout(() => this.writeKept(), againMs);
      } else if (error !== null) {
        this.code = error.code ?? error.message;
        this.tryAgainLater();
      } else {
        this.written(count);
        this.recovered();
        if (this.keptBytes > 0 && !this.writing) this.writeKept();
      }
    });
  }

  /** It keeps no process from its end: what is kept then is written by `flushSync`. */
  private tryAgainLater(): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => {
      if (!this.writing) this.writeKept();
    }, againAfterErrorMs).unref();
  }

  /** All that is kept, as one. */
  private together(): Buffer {
    const all = Buffer.concat(this.kept);
    this.kept = [all];
    return all;
  }

  private written(count: number): void {
    this.kept = [Buffer.concat(this.kept).subarray(count)];
    this.keptBytes = Math.max(this.keptBytes - count, 0);
  }

  private recovered(): void {
    if (this.code === undefined && this.lost === 0) return;
    this.code = undefined;
    const { lost } = this;
    this.lost = 0;
    this.tell(lost);
  }
}
