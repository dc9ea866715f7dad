import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { VeltrixError, type FieldError } from '../errors.js';
import { speakOurselves } from './sentences.js';

type Issue = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']>
>[0][number];

/** How many mistakes an answer lists at most. A large body that is all mistakes must not make a large answer. */
const maxErrors = 20;
/** How many characters of a member's name an answer repeats. */
const maxNameLength = 64;

/** What zod adds to an issue of the Standard Schema. */
interface ZodIssue {
  code?: string;
  keys?: readonly string[];
  /** For a value that fits no shape of a union: the issues of each shape. Their paths begin at that value. */
  errors?: readonly (readonly Issue[])[];
}

/** Carries the issues of a value that does not fit its schema, until it is known where the value came from. */
class SchemaIssues extends Error {
  constructor(readonly issues: readonly Issue[]) {
    super('The value does not fit its schema.');
  }
}

/**
 * Validates bodies, queries and path parameters by the schema that the handler gives, with Nest's own pipe,
 * and says where the mistakes are: a JSON pointer into the body, or the parameter's name.
 */
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    speakOurselves();
    super({ exceptionFactory: (issues) => new SchemaIssues(issues) });
  }

  /** @throws VeltrixError `validation-failed`, and `malformed-json` where there is no body */
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    if (metadata.type === 'body' && value === undefined)
      throw new VeltrixError('malformed-json', 'The request needs a body.');
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof SchemaIssues)) throw error;
      const errors = error.issues.flatMap((issue) => fieldErrors(issue, metadata)).slice(0, maxErrors);
      throw new VeltrixError(
        'validation-failed',
        `The ${places[metadata.type] ?? 'request'} does not have the required shape.`,
        errors,
      );
    }
  }

  /**
   * Strips nothing. The JSON parser has refused keys such as `__proto__` in a body already, and in a query they are
   * refused as unknown names.
   */
  protected override stripProtoKeys(): void {}
}

const places: Partial<Record<ArgumentMetadata['type'], string>> = { body: 'body', query: 'query', param: 'path' };

function fieldErrors(issue: Issue, metadata: ArgumentMetadata): FieldError[] {
  const { code = 'invalid', keys, errors } = issue as ZodIssue;
  const meant = errors && meantBy(errors);
  if (meant !== undefined)
    return meant.flatMap((one) =>
      fieldErrors({ ...one, path: [...(issue.path ?? []), ...(one.path ?? [])] }, metadata),
    );
  const path = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  if (code === 'unrecognized_keys' && keys !== undefined) {
    return keys.slice(0, maxErrors).map((key) => ({
      pointer: pointer([...path, key], metadata),
      code: 'unknown-property',
      detail: 'This is not known here.',
    }));
  }
  return [{ pointer: pointer(path, metadata), code: code.replaceAll('_', '-'), detail: issue.message }];
}

/**
 * The issues of the shape of a union in which the fewest places of the value are wrong. Undefined where even that shape
 * finds the value wrong as a whole.
 */
function meantBy(shapes: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const [nearest] = [...shapes].sort((a, b) => placesIn(a) - placesIn(b));
  return nearest?.every((issue) => isWithin(issue)) === true ? nearest : undefined;
}

/** In how many places issues find a value wrong. Each unknown key is one. */
function placesIn(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + ((issue as ZodIssue).keys?.length ?? 1), 0);
}

/** Whether an issue is about a part of the value, and not about the value as a whole. */
function isWithin(issue: Issue): boolean {
  return (issue.path ?? []).length > 0 || (issue as ZodIssue).keys !== undefined;
}

/** Where a mistake is: a JSON pointer into the body, or the name of the parameter. */
function pointer(path: string[], metadata: ArgumentMetadata): string {
  const short = path.map((name) => name.slice(0, maxNameLength));
  if (metadata.type !== 'body') return [...(metadata.data === undefined ? [] : [metadata.data]), ...short].join('.');
  return short.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
