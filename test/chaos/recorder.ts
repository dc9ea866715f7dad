import { closeSync, fsync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';

/** What was asked of the service, written down before it was sent. */
export interface Asked {
  entry: 'asked';
  at: string;
  /** The idempotency key, by which request and answers belong together. */
  key: string;
  operation: 'grant' | 'pay' | 'mint' | 'burn' | 'trade' | 'compensate';
  body: Record<string, unknown>;
}

/** What was answered, written down as it came. An operation has as many answers as it was sent and got. */
export interface Answered {
  entry: 'answered';
  at: string;
  key: string;
  status: number;
  body: Record<string, unknown>;
}

export type Entry = Asked | Answered;

/**
 * The record of a run, kept outside the system that is tested: a file of JSON lines that is forced to disk. Entries that
 * come while the disk is busy are forced together, next.
 */
export class Recorder {
  readonly entries: Entry[] = [];
  private readonly file: number;
  private waiting: string[] = [];
  /** The last write that was begun. Each begins when the one before it has ended. */
  private last: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(path: string) {
    this.file = openSync(path, 'wx');
  }

  /** Resolves once the entry is on disk. */
  write(entry: Entry): Promise<void> {
    this.entries.push(entry);
    this.waiting.push(`${JSON.stringify(entry)}\n`);
    this.next ??= this.last = this.last.then(() => this.flush());
    return this.next;
  }

  private async flush(): Promise<void> {
    const lines = this.waiting;
    this.waiting = [];
    this.next = undefined;
    await promisify(write)(this.file, lines.join(''));
    await promisify(fsync)(this.file);
  }

  close(): void {
    closeSync(this.file);
  }
}
