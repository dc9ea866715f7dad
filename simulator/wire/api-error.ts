/** The fields of an error in Stripe's form. */
export interface ErrorFields {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  code?: string;
  decline_code?: string;
  message: string;
  param?: string;
  payment_intent?: unknown;
  charge?: string;
}

/** An answer that is an error. Where it is thrown, what its transaction has changed is taken back. */
export class ApiError extends Error {
  /**
   * @param isKept whether the answer is kept under the idempotency key. What is refused for its parameters alone has
   * not begun, so its key is still free.
   */
  constructor(
    readonly status: number,
    readonly fields: ErrorFields,
    readonly isKept = true,
  ) {
    super(fields.message);
  }

  /** Parameters that nothing can be done with. */
  static parameter(message: string, param: string, code?: string): ApiError {
    return new ApiError(400, { type: 'invalid_request_error', ...(code && { code }), message, param }, false);
  }

  /** An object that the account does not have. */
  static missing(object: string, id: string, param: string, status = 404): ApiError {
    const message = `No such ${object}: '${id}'`;
    return new ApiError(status, { type: 'invalid_request_error', code: 'resource_missing', message, param });
  }

  /** A request that the state of things refuses. */
  static refused(message: string, more: Partial<ErrorFields> = {}): ApiError {
    return new ApiError(400, { type: 'invalid_request_error', message, ...more });
  }
}

/** @returns the error that a status stands for, where nothing else is known of it */
export function errorOfStatus(status: number): ErrorFields {
  if (status === 401) return { type: 'invalid_request_error', message: 'Invalid API Key provided.' };
  if (status === 429) {
    return {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. Learn more about rate limits in the documentation.',
    };
  }
  if (status < 500) return { type: 'invalid_request_error', message: `The simulator was told to answer ${status}.` };
  return { type: 'api_error', message: 'An unknown error occurred' };
}
