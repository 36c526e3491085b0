import type { z } from 'zod';
import type { FieldProblem } from './invalidRequestError.js';
import { InvalidRequestError } from './invalidRequestError.js';

/** An {@link InvalidRequestError} that names every field that violates a schema. */
export function toInvalidRequest(message: string, error: z.ZodError, prefix = ''): InvalidRequestError {
  return new InvalidRequestError(message, error.issues.flatMap((issue) => toProblems(issue, prefix)).slice(0, 100));
}

function toProblems(issue: z.core.$ZodIssue, prefix: string): FieldProblem[] {
  const pointer = prefix + issue.path.map(toSegment).join('');
  if (isMissing(issue)) return [{ pointer, message: 'Required' }];
  if (issue.code !== 'unrecognized_keys') return [{ pointer, message: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointer + toSegment(key), message: 'Unknown property' }));
}

/** Whether a required value is missing; zod reports that only in its message. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}

/** One step of a JSON pointer (RFC 6901). */
function toSegment(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
