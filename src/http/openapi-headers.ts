import type { OpenAPIObject } from '@nestjs/swagger';

type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>;

const text = { type: 'string' };
const seconds = { type: 'integer', minimum: 1 };

/** The header fields of answers, as components. One that is required is in every answer that names it. */
export const headerComponents = {
  RequestId: {
    description: 'The id of the request, as a problem document and the log have it',
    required: true,
    schema: text,
  },
  Location: { description: 'The address of what was made', required: true, schema: text },
  ETag: { description: 'The version of the resource, for If-Match', required: true, schema: text },
  Link: { description: 'The next page, as `rel="next"`; missing where this is the last', schema: text },
  Replayed: {
    description: '`true` where the request had been done before under its key, and nothing was done again',
    schema: { type: 'string', enum: ['true'] },
  },
  PreferenceApplied: { description: 'The wait that was asked for, such as `wait=10`', schema: text },
  LookAfter: { description: 'In how many seconds to look for the outcome', required: true, schema: seconds },
  RetryAfter: { description: 'In how many seconds to send the request again', schema: seconds },
  Authenticate: { description: 'Bearer', required: true, schema: text },
  Allow: { description: 'The methods that the address has', required: true, schema: text },
} satisfies Headers;

/** What of an operation and of one of its answers decides which header fields the answer has. */
export interface AnswerFacts {
  status: number;
  /** The names of the operation's parameters. */
  parameters: ReadonlySet<string>;
  /** Whether the operation can answer 202 too, for an outcome that is not there yet. */
  accepts: boolean;
  /** Whether the operation answers a resource that can be changed by If-Match. */
  versioned: boolean;
}

/** The header fields of an answer, as references to their components. */
export function headersOf({ status, parameters, accepts, versioned }: AnswerFacts): Headers {
  const succeeded = status < 300;
  const named: [name: string, component: keyof typeof headerComponents, isThere: boolean][] = [
    ['X-Request-Id', 'RequestId', true],
    ['Location', 'Location', status === 201 || status === 202 || (status === 200 && accepts)],
    ['ETag', 'ETag', succeeded && versioned],
    ['Link', 'Link', succeeded && parameters.has('cursor')],
    // A refusal that is kept under its key is answered again too.
    ['Idempotency-Replayed', 'Replayed', parameters.has('Idempotency-Key') && (succeeded || status === 409)],
    ['Preference-Applied', 'PreferenceApplied', succeeded && parameters.has('Prefer')],
    ['Retry-After', 'LookAfter', status === 202],
    ['Retry-After', 'RetryAfter', status === 429 || status === 503],
    ['WWW-Authenticate', 'Authenticate', status === 401],
    ['Allow', 'Allow', status === 405],
  ];
  return Object.fromEntries(
    named.flatMap(([name, component, isThere]) =>
      isThere ? [[name, { $ref: `#/components/headers/${component}` }]] : [],
    ),
  );
}
