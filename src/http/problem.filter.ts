import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { VeltrixError, errorTitles, type ErrorCode } from '../errors.js';
import { rowHeld } from '../postgres/held-rows.js';
import { isLockTimeout, isOutage } from '../postgres/sql-errors.js';
import { problemType, problemUri, type Problem } from './problem.js';
import { problemStatus } from './problem-status.js';

/** What Fastify refuses by itself, by its codes. */
const fastifyErrors: Readonly<Record<string, VeltrixError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new VeltrixError('body-too-large', 'The body is larger than this route accepts.'),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new VeltrixError(
    'unsupported-media-type',
    'The body must be sent as application/json.',
  ),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new VeltrixError(
    'malformed-request',
    'The body is not as long as its Content-Length says.',
  ),
  FST_ERR_BAD_URL: new VeltrixError('malformed-request', 'The address is not a valid URL.'),
  FST_ERR_MAX_PARAM_LENGTH: new VeltrixError('uri-too-long', 'A part of the path is longer than any id.'),
};

/** What Nest refuses by itself, by its status. */
const httpErrors: Readonly<Record<number, VeltrixError>> = {
  400: new VeltrixError('malformed-request', 'The request cannot be read.'),
  404: new VeltrixError('not-found', 'There is no such address.'),
};

const retryAfterSeconds: Partial<Record<ErrorCode, number>> = { unavailable: 2, 'row-held': 2, overloaded: 1 };

/**
 * The error of Veltrix for anything that was thrown. What is not known is `internal`, and says nothing of its cause.
 */
export function knownError(thrown: unknown): VeltrixError {
  if (thrown instanceof VeltrixError) return thrown;
  const cause: unknown = thrown instanceof HttpException ? thrown.cause : thrown;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const known = fastifyErrors[code] ?? (thrown instanceof HttpException ? httpErrors[thrown.getStatus()] : undefined);
  if (known !== undefined) return known;
  if (isLockTimeout(thrown)) return rowHeld();
  if (isOutage(thrown))
    return new VeltrixError(
      'unavailable',
      'A database cannot be reached or has no room. Nothing is known to be wrong with the request; send it again.',
    );
  return new VeltrixError('internal', 'The service has failed. The log has the reason under the id of the request.');
}

/** The problem document of an error. */
export function problemOf(error: VeltrixError, requestId: string): Problem {
  const { code, message, errors, members } = error;
  return {
    type: problemUri(code),
    title: errorTitles[code],
    status: problemStatus[code],
    detail: message,
    code,
    instance: requestId,
    ...(errors.length > 0 && { errors: [...errors] }),
    ...(members.prices !== undefined && { prices: [...members.prices] }),
    ...(members.left !== undefined && { left: members.left }),
  };
}

/** Header fields that an error's answer carries beside the document. */
export function problemHeaders(error: VeltrixError): Record<string, string> {
  const seconds = error.members.retryAfterSeconds ?? retryAfterSeconds[error.code];
  return {
    'content-type': problemType,
    'cache-control': 'no-store',
    ...(seconds !== undefined && { 'retry-after': String(seconds) }),
    ...(error.code === 'unauthenticated' && { 'www-authenticate': 'Bearer' }),
  };
}

/** Answers every error as a problem document, those of Fastify and Nest included. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>(), this.logger);
  }
}

/** Answers one error, and logs it where it is the service's own fault. */
export function sendProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger): void {
  const error = knownError(thrown);
  // Its client has ended it in the middle of its body, which reads like a lost connection to anything else.
  if (request.raw.destroyed && !request.raw.complete) return;
  if (error.code === 'internal') logger.error({ requestId: request.id, err: thrown });
  else if (error.code === 'unavailable' || error.code === 'row-held')
    logger.warn({ requestId: request.id, err: thrown });
  if (reply.sent) return;
  void reply
    .status(problemStatus[error.code])
    .header('x-request-id', request.id)
    .headers(problemHeaders(error))
    // Fastify would give text the type text/plain, and objects application/json.
    .serializer(JSON.stringify)
    .send(problemOf(error, request.id));
}
