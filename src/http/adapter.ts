import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Logger } from '@nestjs/common';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { ClientErrors, answerExpectation } from './client-errors.js';
import { malformed } from './framing.js';
import { refuseUnroutable } from './methods.js';
import { sendProblem } from './problem.filter.js';
import { limitRawBodies } from './raw-body.js';
import { parseStrictJson } from './strict-json.js';

/** The most bytes of a body that is parsed. A longer body is not read. */
export const bodyLimit = 64 * 1024;
const headerLimit = 8 * 1024;
const requestTimeoutMs = 30_000;

/**
 * Makes the Fastify adapter that answers everything by the conventions of the API, also what comes before any handler:
 * malformed HTTP, wrong media types, bodies that are too large, unknown addresses and methods.
 */
export function makeAdapter(): FastifyAdapter {
  const logger = new Logger('http');
  const clientErrors = new ClientErrors();
  const adapter = new FastifyAdapter({
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: requestTimeoutMs,
    http: {
      // Node would answer a missing Host without a body; the hook below refuses it.
      requireHostHeader: false,
      maxHeaderSize: headerLimit,
      headersTimeout: requestTimeoutMs,
      // Node looks for requests that are over their time every 30 s, unless it is told otherwise.
      connectionsCheckingInterval: 1_000,
    },
    routerOptions: { maxParamLength: 500 },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    genReqId: () => newId(idPrefixes.request),
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(error, request, reply, logger),
    clientErrorHandler: (error, socket) => clientErrors.answer(error, socket),
    // While the process ends, what still comes over an open connection is answered like anything else.
    return503OnClosing: false,
    forceCloseConnections: false,
  });
  const server = adapter.getInstance<FastifyInstance>();
  clientErrors.watch(server.server);
  server.server.on('checkExpectation', answerExpectation);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseEncodings(request);
      const isRaw = request.routeOptions.config.rawBodyLimit !== undefined;
      // Many clients send the type also where they send no body.
      if (isRaw) done(null, body);
      else done(null, body.length === 0 ? undefined : parseStrictJson(body as Buffer));
    } catch (error) {
      done(error as Error);
    }
  });
  limitRawBodies(server);
  server.decorateRequest('caller', null);
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const fault = malformed(request);
    // Nobody knows where the next request of this connection would begin.
    if (fault !== undefined) void reply.header('connection', 'close');
    done(fault);
  });
  refuseUnroutable(server);
  return adapter;
}

/** @throws VeltrixError `unsupported-media-type` for JSON in anything but plain UTF-8 */
function refuseEncodings({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new VeltrixError('unsupported-media-type', 'The body must be in UTF-8.');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new VeltrixError('unsupported-media-type', 'The body must not be compressed.');
}
