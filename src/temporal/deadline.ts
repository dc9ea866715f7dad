/**
 * When a call of Temporal that may take so many milliseconds is to be over. Temporal's client wants a moment of the
 * wall clock. It reckons at once how long that is.
 */
export function deadlineIn(milliseconds: number): number {
  return Date.now() + milliseconds;
}
