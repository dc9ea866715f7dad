/** A history without what names the machine, the checkout and the task queue of this test. */
export function withoutPlaces(history: string, taskQueue: string): string {
  const kept = (key: string, value: unknown): unknown => {
    if (key === 'stackTrace') return undefined;
    if (key === 'identity') return 'worker';
    const isSticky = (value as { kind?: string } | null)?.kind === 'TASK_QUEUE_KIND_STICKY';
    return isSticky ? { ...(value as object), name: 'worker' } : value;
  };
  return `${JSON.stringify(JSON.parse(history.replaceAll(taskQueue, 'veltrix'), kept), null, 2)}\n`;
}
