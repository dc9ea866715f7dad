import { z } from 'zod';
import { ApiResponse } from '@nestjs/swagger';
import { errorTitles, type ErrorCode } from '../errors.js';
import { problemStatus } from './problem-status.js';

/** Where docs/errors.md is served; the address of a problem's type is this with the code behind it. */
export const errorsPath = '/docs/errors';

/** The media type of every error. */
export const problemType = 'application/problem+json';

/** The stable URI of an error, relative to the service: it leads to its entry in docs/errors.md. */
export function problemUri(code: ErrorCode): string {
  return `${errorsPath}#${code}`;
}

const codes = Object.keys(errorTitles) as [ErrorCode, ...ErrorCode[]];

const price = z
  .union([
    z.strictObject({ asset: z.string(), amount: z.string() }).meta({ id: 'AmountOfAsset' }),
    z.strictObject({ currency: z.string(), amount: z.string() }).meta({ id: 'AmountOfCurrency' }),
  ])
  .meta({ id: 'AmountOfUnit' });

const wrongPlace = z
  .strictObject({
    pointer: z.string().meta({ description: 'A JSON Pointer into the body, or the name of a parameter or a header' }),
    code: z.string(),
    detail: z.string(),
  })
  .meta({ id: 'WrongPlace' });

/** A problem document (RFC 9457), the answer of everything that fails. */
export const problem = z
  .strictObject({
    type: z.string().meta({ format: 'uri-reference' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.enum(codes),
    instance: z.string().meta({ description: 'The id of the request, as the X-Request-Id header and the log have it' }),
    errors: z.array(wrongPlace).optional().meta({ description: 'Where the request is wrong' }),
    prices: z.array(price).optional().meta({
      description: 'Of `price-changed`: what the order costs now, in each asset and currency in which it can be paid',
    }),
    left: price.optional().meta({ description: 'Of `refund-too-large`: what is left of the purchase to refund' }),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        type: problemUri('insufficient-funds'),
        title: errorTitles['insufficient-funds'],
        status: 409,
        detail: 'player:ann has 20 of gold, and 250 are needed.',
        code: 'insufficient-funds',
        instance: 'req_0198c0de-7a11-7000-8000-000000000001',
      },
    ],
  });

/** A problem document as it is sent. */
export type Problem = z.infer<typeof problem>;

/**
 * Documents the errors that are a handler's own. What every handler can answer (401, 403, 413 and so on) is added
 * to the OpenAPI document by itself.
 */
export function Problems(...own: ErrorCode[]): MethodDecorator {
  const statuses = new Set(own.map((code) => problemStatus[code]));
  return (target, key, descriptor) => {
    for (const status of statuses) {
      const described = own
        .filter((code) => problemStatus[code] === status)
        .map((code) => `\`${code}\`: ${errorTitles[code]}.`);
      ApiResponse({ status, description: described.join(' ') })(target, key, descriptor);
    }
  };
}
