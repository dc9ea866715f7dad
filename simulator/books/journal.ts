import { closeSync, fdatasync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file of JSON lines that is only ever added to. A line is written before `append` returns, so the death of the
 * process cannot lose it; the promise says when it is on disk, so that the death of the machine cannot either.
 */
export class Journal {
  private waiting: (() => void)[] = [];
  private isSyncing = false;

  private constructor(private readonly file: number) {}

  /**
   * Opens the journal of a folder, which is made where it is missing. A last line that was not finished is cut off:
   * nobody was answered for it.
   * @param onLine is given every line, from the first
   */
  static open(folder: string, onLine: (entry: unknown) => void): Journal {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, 'journal.jsonl');
    const file = openSync(path, 'a', 0o600);
    const content = readFileSync(path);
    const end = content.lastIndexOf(0x0a) + 1;
    if (end < content.length) ftruncateSync(file, end);
    for (const line of content.subarray(0, end).toString('utf8').split('\n')) {
      if (line !== '') onLine(JSON.parse(line, reviveBigint));
    }
    fsyncSync(file);
    const directory = openSync(folder, 'r');
    fsyncSync(directory);
    closeSync(directory);
    return new Journal(file);
  }

  /**
   * Writes one line. A process that cannot write ends, because its books would no longer be those of its journal.
   * @returns when the line is on disk; lines that are written meanwhile share one sync
   */
  append(entry: unknown): Promise<void> {
    try {
      writeAll(this.file, Buffer.from(`${JSON.stringify(entry, replaceBigint)}\n`));
    } catch (error) {
      endForFailure(error);
    }
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.sync();
    });
  }

  private sync(): void {
    if (this.isSyncing || this.waiting.length === 0) return;
    this.isSyncing = true;
    const served = this.waiting;
    this.waiting = [];
    fdatasync(this.file, (error) => {
      if (error !== null) endForFailure(error);
      this.isSyncing = false;
      for (const resolve of served) resolve();
      this.sync();
    });
  }
}

function endForFailure(error: unknown): never {
  console.error('The simulator cannot write its journal:', error);
  process.exit(1);
}

function writeAll(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

/** JSON has no bigint. Everything else in a record that is an object has other fields. */
function replaceBigint(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { $bigint: String(value) } : value;
}

function reviveBigint(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$bigint' in value)) return value;
  return typeof value.$bigint === 'string' && Object.keys(value).length === 1 ? BigInt(value.$bigint) : value;
}
