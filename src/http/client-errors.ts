import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { VeltrixError } from '../errors.js';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { problemStatus } from './problem-status.js';
import { problemHeaders, problemOf } from './problem.filter.js';

/** What Node's HTTP parser tells of a request that it gave up on. Node passes a Buffer, whatever its types say. */
interface ClientError {
  code?: string;
  rawPacket?: unknown;
}

const longRequestLine = /^[A-Z]+ [^\r\n]{6000}/;

function clientError({ code, rawPacket }: ClientError): VeltrixError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new VeltrixError('request-timeout', 'The request did not arrive in time.');
  if (code !== 'HPE_HEADER_OVERFLOW') return new VeltrixError('malformed-request', 'The request is not valid HTTP.');
  // The parser counts the address among the header; where the request line takes nearly all the room, it was that.
  if (Buffer.isBuffer(rawPacket) && longRequestLine.test(rawPacket.toString('latin1')))
    return new VeltrixError('uri-too-long', 'The address is too long.');
  return new VeltrixError('headers-too-large', 'The header fields are larger than 8 KB.');
}

/** Answers on the bare socket what never became a request, which Node would answer without a body. */
export class ClientErrors {
  /** The requests of each connection that are under way. */
  private readonly underWay = new WeakMap<Socket, Map<IncomingMessage, ServerResponse>>();
  private readonly given = new WeakSet<Socket>();

  /** Learns of the requests of a server. */
  watch(server: Server): void {
    server.on('request', (request, response) => {
      const { socket } = request;
      const requests = this.underWay.get(socket) ?? new Map<IncomingMessage, ServerResponse>();
      this.underWay.set(socket, requests.set(request, response));
      response.once('close', () => requests.delete(request));
    });
  }

  /** Answers an error, after the requests that came whole before it, and closes the connection. */
  answer(error: ClientError, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
      socket.destroy();
      return;
    }
    // The parser fails once more for each packet that comes behind.
    if (this.given.has(socket)) return;
    this.given.add(socket);
    const whole = [...(this.underWay.get(socket) ?? [])].filter(([{ complete }]) => complete);
    const answers = whole.map(([, response]) => new Promise((resolve) => response.once('close', resolve)));
    void Promise.all(answers).then(() => {
      if (socket.writable) socket.end(answerTo(error));
    });
  }
}

function answerTo(error: ClientError): string {
  const problem = clientError(error);
  const requestId = newId(idPrefixes.request);
  const body = JSON.stringify(problemOf(problem, requestId));
  const status = problemStatus[problem.code];
  const headers = {
    ...problemHeaders(problem),
    'x-request-id': requestId,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

/** Answers an Expect header other than 100-continue, which Node would answer without a body. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const problem = new VeltrixError('expectation-failed', 'The only expectation that can be met is 100-continue.');
  const requestId = newId(idPrefixes.request);
  const body = JSON.stringify(problemOf(problem, requestId));
  response
    .writeHead(problemStatus[problem.code], {
      ...problemHeaders(problem),
      'x-request-id': requestId,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    .end(body);
}
