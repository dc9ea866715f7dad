import { ServiceError, isGrpcServiceError } from '@temporalio/client';

/** The gRPC statuses DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION and UNAVAILABLE. */
const awayCodes = new Set([4, 8, 9, 14]);

/** Whether an error of a call says that Temporal cannot answer now, which says nothing about what was asked. */
export function isAway(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) && awayCodes.has(Number(cause.code));
}
