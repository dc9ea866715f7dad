/** The result of a run that somebody waits for. */
interface Awaited {
  result: Promise<unknown>;
  waiting: number;
  stop: AbortController;
}

/** The results of runs. Temporal is asked for each once, however many wait for it. */
export class RunResults {
  private readonly awaited = new Map<string, Awaited>();

  /** @param ask asks Temporal for the result of a run, until it is there or the signal comes */
  constructor(
    private readonly ask: (workflowId: string, runId: string | undefined, stop: AbortSignal) => Promise<unknown>,
  ) {}

  /**
   * Waits for the result of a run. Temporal is asked no more once nobody waits.
   * @param runId one run of the workflow; undefined for its last
   * @param wait waits for the result as long as the caller wants to
   * @returns what `wait` returns
   * @throws what `wait` throws
   */
  async of<T>(
    workflowId: string,
    runId: string | undefined,
    wait: (result: Promise<unknown>) => Promise<T>,
  ): Promise<T> {
    const name = `${workflowId} ${runId ?? ''}`;
    const one = this.awaited.get(name) ?? this.begin(name, workflowId, runId);
    one.waiting += 1;
    try {
      return await wait(one.result);
    } finally {
      one.waiting -= 1;
      if (one.waiting === 0) {
        this.forget(name, one);
        one.stop.abort();
      }
    }
  }

  private begin(name: string, workflowId: string, runId: string | undefined): Awaited {
    const stop = new AbortController();
    const one: Awaited = { result: this.ask(workflowId, runId, stop.signal), waiting: 0, stop };
    this.awaited.set(name, one);
    // The workflow may have another run by the time that the next one waits.
    const forget = (): void => this.forget(name, one);
    one.result.then(forget, forget);
    return one;
  }

  private forget(name: string, one: Awaited): void {
    if (this.awaited.get(name) === one) this.awaited.delete(name);
  }
}
