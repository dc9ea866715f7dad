import type { Child } from '../../stack/child.js';

/** A process that a benchmark takes away, and starts again. */
export class Perishable {
  private child: Child | undefined;

  constructor(private readonly service: { launch(): Promise<Child> }) {}

  async start(): Promise<void> {
    this.child = await this.service.launch();
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    if (this.child === undefined) return;
    process.kill(this.child.pid, 'SIGKILL');
    await this.child.ended;
    this.child = undefined;
  }
}
