import type { FastifyRequest } from 'fastify';
import { VeltrixError } from '../errors.js';
import { headerError, headerParameter } from './request-headers.js';

const header = 'Prefer';
const maxWait = 30;

/** One preference of a Prefer header: a comma ends it only outside of quotes. */
const preferencePattern = /(?:[^",]|"(?:[^"\\]|\\.)*"?)+/g;
const wholeNumber = /^(?:"\d{1,4}"|\d{1,4})$/;

/** The name, in lower case, and the value of one preference; its parameters after a semicolon mean nothing here. */
function nameAndValue(preference: string): [name: string, value: string] {
  const [word = ''] = preference.split(';');
  const equals = word.indexOf('=');
  if (equals < 0) return [word.trim().toLowerCase(), ''];
  return [word.slice(0, equals).trim().toLowerCase(), word.slice(equals + 1).trim()];
}

/**
 * The seconds of `wait=n` in a Prefer header (RFC 7240), or undefined where it is not among the preferences.
 * Other preferences are ignored, as the RFC asks, and of several waits the first counts.
 * @throws VeltrixError `prefer-invalid` unless n is a whole number from 0 to 30
 */
export function parseWait(value: string): number | undefined {
  const waits = (value.match(preferencePattern) ?? []).map(nameAndValue).filter(([name]) => name === 'wait');
  const first = waits[0];
  if (first === undefined) return undefined;
  const seconds = wholeNumber.test(first[1]) ? Number(first[1].replaceAll('"', '')) : NaN;
  if (Number.isNaN(seconds) || seconds > maxWait) {
    const detail = `The wait preference must be a whole number of seconds from 0 to ${maxWait}, such as wait=10.`;
    throw new VeltrixError('prefer-invalid', detail, [headerError(header, detail)]);
  }
  return seconds;
}

function readWait(request: FastifyRequest): number | undefined {
  // A list header may be sent in several lines.
  const values = request.raw.headersDistinct[header.toLowerCase()];
  return values === undefined ? undefined : parseWait(values.join(','));
}

/** How many seconds (0 to 30) the caller is willing to wait for the outcome, or undefined if they did not say. */
export const PreferWait = headerParameter(
  {
    name: header,
    required: false,
    example: 'wait=10',
    description: 'Wait up to so many seconds (30 at most) for the outcome, and answer it.',
  },
  readWait,
);
