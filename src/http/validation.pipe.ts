import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { VeltrixError, type FieldError } from '../errors.js';

type Issue = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']>
>[0][number];

/** A caller can correct so many mistakes at once; a body of nothing but mistakes must not be answered at length. */
const maxErrors = 20;
const maxNameLength = 64;

/** What zod adds to an issue of the Standard Schema. */
interface ZodIssue {
  code?: string;
  keys?: readonly string[];
  /** Of a union: what each of its shapes finds wrong, with paths from the union on. */
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
    super({ exceptionFactory: (issues) => new SchemaIssues(issues) });
  }

  /** @throws VeltrixError `validation-failed` */
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
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

  /** The parser has refused such keys already, and a query that has them is refused for them like for any other. */
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

/** What is wrong by the shape of a union that the value comes nearest to; undefined where it is like none of them. */
function meantBy(shapes: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const [nearest] = [...shapes].sort((a, b) => placesIn(a) - placesIn(b));
  return nearest?.every((issue) => isWithin(issue)) === true ? nearest : undefined;
}

function placesIn(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + ((issue as ZodIssue).keys?.length ?? 1), 0);
}

/** Whether it is about a part of the value, and not about all of it. */
function isWithin(issue: Issue): boolean {
  return (issue.path ?? []).length > 0 || (issue as ZodIssue).keys !== undefined;
}

function pointer(path: string[], metadata: ArgumentMetadata): string {
  const short = path.map((name) => name.slice(0, maxNameLength));
  if (metadata.type !== 'body') return [...(metadata.data === undefined ? [] : [metadata.data]), ...short].join('.');
  return short.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
