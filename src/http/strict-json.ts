import { VeltrixError } from '../errors.js';

/** Deeper than this no body of Veltrix goes, and what reads it may recurse without fear. */
export const deepestJson = 32;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
/** No double needs as many characters. */
const longestNumber = 100;
const numberEnd = /[^-+.0-9eE]|$/g;

function refuse(detail: string): never {
  throw new VeltrixError('malformed-json', detail);
}

/**
 * Reads one JSON document (RFC 8259) as strictly as RFC 7493 asks, because what two readers can understand differently
 * is an attack: UTF-8 without byte order mark, no key twice, no key that JavaScript would take for a prototype, no lone
 * surrogates, no U+0000, no number that would be changed by reading it, at most 32 levels.
 * @throws VeltrixError `malformed-json`
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse('The body is not one JSON document.');
  }
  scan(text);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return refuse('The body is not UTF-8.');
  }
}

/** One pass over a text that JSON.parse has accepted, for what JSON.parse lets through. */
function scan(text: string): void {
  // One entry per open bracket: the keys of an object so far, or undefined for an array.
  const open: (Set<string> | undefined)[] = [];
  let keyNext = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === '"') {
      const end = endOfString(text, at);
      checkString(text.slice(at, end), keyNext ? open.at(-1) : undefined);
      keyNext = false;
      at = end - 1;
    } else if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : undefined) > deepestJson)
        refuse(`The body is nested deeper than ${deepestJson} levels.`);
      keyNext = character === '{';
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',') {
      keyNext = open.at(-1) !== undefined;
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      numberEnd.lastIndex = at;
      const end = numberEnd.exec(text)?.index ?? text.length;
      checkNumber(text.slice(at, end));
      at = end - 1;
    }
  }
}

/**
 * Where the string that begins at this quote has ended: behind the next quote that no odd number of backslashes
 * precedes.
 */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end + 1;
  }
}

/** @param keys the keys of the object so far, where the string is the next of them */
function checkString(quoted: string, keys: Set<string> | undefined): void {
  const escaped = quoted.includes('\\');
  if (escaped && /\\u(?:0000|[dD][89a-fA-F])/.test(quoted)) checkCharacters(JSON.parse(quoted) as string);
  if (keys === undefined) return;
  const key = escaped ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
  if (forbiddenKeys.has(key)) refuse(`The property name ${key} is not allowed.`);
  if (keys.has(key)) refuse('An object has the same property twice.');
  keys.add(key);
}

function checkCharacters(value: string): void {
  if (value.includes('\0')) refuse('A string contains U+0000.');
  if (/\p{Surrogate}/u.test(value)) refuse('A string contains half of a surrogate pair.');
}

function checkNumber(digits: string): void {
  const value = Number(digits);
  // Fifteen digits always survive, and most numbers are whole and short.
  if (digits.length <= 15 && /^-?\d+$/.test(digits)) return;
  if (!Number.isFinite(value) || (Number.isInteger(value) && !isSafe(value, digits)))
    refuse('A number is too large to be read exactly; amounts are strings.');
  if (digits.length > longestNumber || !isWrittenAs(value, digits))
    refuse('A number has more digits than are kept of it; send it as a string.');
}

/** A whole number that is written with an exponent says itself that it is not counted to the last one. */
function isSafe(value: number, digits: string): boolean {
  return Number.isSafeInteger(value) || /e/i.test(digits);
}

/** Whether a number is written as it was sent, but for zeros, the place of its point and an exponent. */
function isWrittenAs(value: number, digits: string): boolean {
  return plainDigits(String(value)) === plainDigits(digits);
}

const numberParts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;

/** The significant digits of a number and the power of ten of the last of them. */
function plainDigits(digits: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = numberParts.exec(digits) ?? [];
  const significant = (whole + fraction).replace(/^0+/, '');
  const last = significant.replace(/0+$/, '');
  const power = Number(exponent) - fraction.length + significant.length - last.length;
  return last === '' ? '0' : `${sign}${last}e${power}`;
}
