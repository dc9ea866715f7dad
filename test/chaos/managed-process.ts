import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../stack/child.js';

/** A process of the system under test, which is started again whenever it ends. */
export class ManagedProcess {
  private child: Child | undefined;
  private keeping = true;
  /** How long it stays away after the next end, in milliseconds. */
  private away = 0;
  private struck = false;
  private running: Promise<void> = Promise.resolve();
  /** How it ended without being struck, which nothing here may do. */
  readonly unexpected: string[] = [];

  constructor(
    readonly name: string,
    private readonly launch: () => Promise<Child>,
  ) {}

  /** Starts it and keeps it. @throws what its launch throws the first time */
  async start(): Promise<void> {
    this.child = await this.launch();
    this.running = this.keep();
  }

  /**
   * Ends it by a signal that it cannot answer, and starts it again after a while.
   * @returns false where it was not running
   */
  kill(signal: 'SIGKILL' | 'SIGQUIT', awayMs: number): boolean {
    if (this.child === undefined) return false;
    this.struck = true;
    this.away = awayMs;
    return send(this.child.pid, signal);
  }

  /** Lets it stand still for a while. */
  async pause(milliseconds: number): Promise<boolean> {
    const pid = this.child?.pid;
    if (pid === undefined || !send(pid, 'SIGSTOP')) return false;
    await sleep(milliseconds);
    send(pid, 'SIGCONT');
    return true;
  }

  /** From now on it may end. */
  letGo(): Promise<void> {
    this.keeping = false;
    return this.running;
  }

  private async keep(): Promise<void> {
    for (;;) {
      const { child } = this;
      const how = await child?.ended;
      this.child = undefined;
      if (!this.keeping) return;
      // What cannot start while PostgreSQL is away says so and ends; what has started may not.
      const hadStarted = /"listening"|is controlled on/.test(child?.output() ?? '');
      if (!this.struck && hadStarted)
        this.unexpected.push(`${this.name} ended with ${how}: ${child?.output().trim().split('\n').at(-1)}`);
      await sleep(this.away);
      this.struck = false;
      this.away = 200;
      while (this.child === undefined && this.keeping) {
        try {
          this.child = await this.launch();
        } catch (error) {
          // What it needs may be away too, so it is tried until it stands.
          if (!this.struck) console.error(`${this.name}: ${error instanceof Error ? error.message : String(error)}`);
          await sleep(200);
        }
      }
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
