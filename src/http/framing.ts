import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';

/** A name, an address in four parts or one of IPv6 in brackets, with a port or without (RFC 9110, 7.2). */
const hostForm = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]{0,5})?$/;

/**
 * What Node lets through of the request line, of Host and of how the body is framed. Where two servers on the way of a
 * request see its end in two places, what one of them takes for a body is to the other the next request.
 */
export function malformed(request: FastifyRequest): VeltrixError | undefined {
  const { url = '', httpVersion, headersDistinct } = request.raw;
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return refused('The request must be one of HTTP/1.1 or HTTP/1.0.');
  if (!isDecodable(url)) return refused('The address is not percent-encoded UTF-8.');
  if (/%00/.test(url)) return refused('The address contains U+0000.');
  const codings = headersDistinct['transfer-encoding']?.join(',').trim().toLowerCase();
  if (codings !== undefined && (codings !== 'chunked' || httpVersion === '1.0'))
    return refused('The only Transfer-Encoding that is read is chunked, of HTTP/1.1.');
  const hosts = headersDistinct['host'] ?? [];
  if (hosts.length > 1 || (hosts.length === 0 && httpVersion === '1.1'))
    return refused('The request must have one Host header.');
  if (hosts.some((host) => !hostForm.test(host)))
    return refused('The Host header must be a host, with a port or without.');
  return undefined;
}

function refused(detail: string): VeltrixError {
  return new VeltrixError('malformed-request', detail);
}

/** Fastify rejects a path that cannot be decoded, but takes such a query verbatim. */
function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
