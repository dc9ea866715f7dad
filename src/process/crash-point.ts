/**
 * The moments at which tests make a process die or stand still: what was done before one must be found by whoever comes
 * next, and what comes after it must not be missed. `before` is right before an activity calls its service, `after`
 * right after the service has committed, before Temporal is told.
 */
export type CrashPoint =
  | `${string}:before`
  | `${string}:after`
  /** The deals are accepted with the run that is to settle them, which is not started yet. */
  | 'accept:committed'
  /** Another run is noted on the deals, and not started yet. */
  | 'start:noted'
  /** The run is started, and its starter does not know it yet. */
  | 'start:started'
  /** Calls to a payment provider are written down, and not made yet. */
  | 'payment:planned'
  /** The provider has answered, and nothing of it is written down yet. */
  | 'payment:answered';

/**
 * Does nothing. The tests run a copy of the build in which test/crashes/crash-point.mjs stands in the place of this
 * file; nothing that is shipped can be told to crash.
 * @param _about what the process is working on; the ids of deals in it say which of them stood here
 */
export function crashPoint(_point: CrashPoint, _about: unknown): void | Promise<void> {}
