import type { KeptAnswer } from '../books/records.js';
import { ApiError } from '../wire/api-error.js';

const keptFor = 24 * 3600;

/** What a key means for a call that comes with it. */
export type KeyVerdict = 'execute' | 'replay';

/**
 * @param request method, path and parameters of the call
 * @param inFlight what runs under the key at this moment
 * @param now seconds
 * @throws ApiError 409 while another call runs under the key, 400 `idempotency_error` where it had other parameters
 */
export function judgeKey(
  request: string,
  inFlight: string | undefined,
  kept: KeptAnswer | undefined,
  { key, now }: { key: string; now: number },
): KeyVerdict {
  const known = kept !== undefined && now - kept.at < keptFor ? kept : undefined;
  const first = inFlight ?? known?.request;
  if (first !== undefined && first !== request) throw otherParameters(key);
  if (inFlight !== undefined) throw stillRunning(key);
  return known === undefined ? 'execute' : 'replay';
}

function otherParameters(key: string): ApiError {
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with. ' +
    `Try using a key other than '${key}' if you meant to execute a different request.`;
  return new ApiError(400, { type: 'idempotency_error', message }, false);
}

function stillRunning(key: string): ApiError {
  const message = `There is currently another in-progress request using this Idempotent Key: ${key}`;
  return new ApiError(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message }, false);
}
