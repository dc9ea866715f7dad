const first = 1000;
const longest = 3_600_000;
const givenUpAfter = 3 * 86_400_000;

/**
 * @param now milliseconds since 1970
 * @returns in how many milliseconds a delivery that failed is tried again; undefined three days after the event
 */
export function retryAfter(
  { attempts, firstAt }: { attempts: number; firstAt: number },
  now: number,
): number | undefined {
  if (now - firstAt >= givenUpAfter) return undefined;
  return Math.min(longest, first * 2 ** Math.min(attempts, 20));
}
