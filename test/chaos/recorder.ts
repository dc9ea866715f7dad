import { closeSync, fsync, openSync, write } from 'node:fs';
import { promisify } from 'node:util';

/** What is read, with what names it or narrows it. */
export interface Read {
  what:
    | 'transfer'
    | 'trade'
    | 'purchase'
    | 'refund'
    | 'instance'
    | 'saga'
    | 'asset'
    | 'item'
    | 'product'
    | 'balances'
    | 'entries'
    | 'instances'
    | 'movements'
    | 'transfers'
    | 'trades'
    | 'purchases'
    | 'refunds'
    | 'sagas'
    | 'assets'
    | 'items'
    | 'products';
  /** The id or the code of one thing, or the player or the instance that a list is of. */
  of: string;
  filter: Record<string, string>;
}

/** What was asked of the service, written down before it was sent. */
export interface Asked {
  entry: 'asked';
  at: string;
  /** By which request and answers belong together. Two titles use the same keys, so it is no key. */
  id: string;
  title: string;
  /** The idempotency key, where there is one. */
  key: string | null;
  operation:
    | 'grant'
    | 'pay'
    | 'reverse'
    | 'mint'
    | 'burn'
    | 'trade'
    | 'purchase'
    | 'refund'
    | 'cancel'
    | 'replay'
    | 'read'
    | 'compensate';
  body: Record<string, unknown>;
  /** For what the request is to be refused, where that is known before: the kind of the refusal, and its codes. */
  refusal?: { kind: string; codes: string[] };
  read?: Read;
  /** The id of what a replay sends again. */
  again?: string;
}

/** What was answered, written down as it came. An operation has as many answers as it was sent and got. */
export interface Answered {
  entry: 'answered';
  at: string;
  id: string;
  status: number;
  /** How often it was sent until there was this answer. What became of the times before is not known. */
  tries?: number;
  /** Of a list that was walked: `data` with the rows of all pages, and `complete` where the last page was reached. */
  body: Record<string, unknown>;
}
export type Entry = Asked | Answered;

/**
 * The record of a run, kept outside the system that is tested: a file of JSON lines that is forced to disk. Entries
 * that come while the disk is busy are forced together, next.
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
