import type { Journal } from './journal.js';
import type { TableName, Tables } from './records.js';

type Maps = { [Name in TableName]: Map<string, Tables[Name]> };
type Change = { [Name in TableName]: [table: Name, id: string, record: Tables[Name] | null] }[TableName];

/** What a transaction came to. */
export interface Committed<Result> {
  result: Result;
  /** Resolves when what it changed is on disk. */
  written: Promise<void>;
}

/**
 * Everything that the provider knows: in memory, and in a journal that makes the same books again. Records are never
 * changed in place; a changed one is put again.
 */
export class Books {
  private readonly maps: Maps = {
    account: new Map(),
    intent: new Map(),
    charge: new Map(),
    refund: new Map(),
    dispute: new Map(),
    warning: new Map(),
    transaction: new Map(),
    payout: new Map(),
    event: new Map(),
    endpoint: new Map(),
    delivery: new Map(),
    kept: new Map(),
    call: new Map(),
    fault: new Map(),
    webhooks: new Map(),
  };
  private undo: (() => void)[] | undefined;
  private changed = new Map<string, [TableName, string]>();
  private journal: Journal | undefined;
  private onWritten: (table: TableName, id: string) => void = () => {};

  /** Takes what an earlier process has written. */
  replay(entry: unknown): void {
    for (const [table, id, record] of entry as Change[]) {
      const map: Map<string, unknown> = this.maps[table];
      if (record === null) map.delete(id);
      else map.set(id, record);
    }
  }

  /** From here on, what is changed is written. */
  writeTo(journal: Journal): void {
    this.journal = journal;
  }

  /** Calls what is given for every record that was put or removed, once that is on disk. */
  tellWritten(onWritten: (table: TableName, id: string) => void): void {
    this.onWritten = onWritten;
  }

  /** @returns the record as it is now, also within a transaction that has changed it */
  get<Name extends TableName>(table: Name, id: string): Tables[Name] | undefined {
    return this.maps[table].get(id);
  }

  /** @throws where it is not there, which is a defect of the simulator */
  must<Name extends TableName>(table: Name, id: string): Tables[Name] {
    const record = this.get(table, id);
    if (record === undefined) throw new Error(`The books have no ${table} ${id}.`);
    return record;
  }

  /** @returns all of a table, oldest first */
  all<Name extends TableName>(table: Name): Tables[Name][] {
    return [...this.maps[table].values()];
  }

  /** Writes a record in the place of the one that has its id. */
  put<Name extends TableName>(table: Name, record: Tables[Name]): Tables[Name] {
    this.change(table, record.id, record);
    return record;
  }

  /** Takes a record away. */
  remove(table: TableName, id: string): void {
    this.change(table, id, undefined);
  }

  /** Does work whose changes count all or none: an error takes them back. They are one line of the journal. */
  transaction<Result>(work: () => Result): Committed<Result> {
    if (this.undo !== undefined) throw new Error('A transaction is under way.');
    const undo: (() => void)[] = (this.undo = []);
    this.changed = new Map();
    try {
      const result = work();
      return { result, written: this.write([...this.changed.values()]) };
    } catch (error) {
      for (const step of undo.reverse()) step();
      throw error;
    } finally {
      this.undo = undefined;
    }
  }

  private async write(changed: [TableName, string][]): Promise<void> {
    if (changed.length === 0) return;
    await this.journal?.append(changed.map(([table, id]) => [table, id, this.get(table, id) ?? null]));
    for (const [table, id] of changed) this.onWritten(table, id);
  }

  private change(table: TableName, id: string, record: Tables[TableName] | undefined): void {
    if (this.undo === undefined) throw new Error('Books are changed in a transaction only.');
    const map: Map<string, unknown> = this.maps[table];
    const before = map.get(id);
    this.undo.push(() => (before === undefined ? map.delete(id) : map.set(id, before)));
    this.changed.set(`${table} ${id}`, [table, id]);
    if (record === undefined) map.delete(id);
    else map.set(id, record);
  }
}
