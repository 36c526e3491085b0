import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { ERROR_CODES, HTTP_STATUS_OF, TITLE_OF } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { ProblemError } from '@sluice/shared/errors/problemError';
import { z } from 'zod';

/** RFC 9457 problem details, the body of every error response. */
export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: 'Request id' }),
    code: z.enum(ERROR_CODES),
    errors: z.array(z.object({ pointer: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'An error (problem details, RFC 9457)' });

/** Media type of an error response. */
export const PROBLEM_TYPE = 'application/problem+json';

/** An error response, ready to send. */
export interface Problem {
  readonly status: number;
  readonly code: ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Maps an error to the problem that a client receives. An unexpected error becomes `internal`, without its message.
 * @param requestId becomes `instance`
 */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = error instanceof FleetError ? error : toFleetError(error);
  const status = HTTP_STATUS_OF[known.code];
  return {
    status,
    code: known.code,
    headers: headersOf(known, status),
    body: {
      type: `urn:sluice:problem:${known.code}`,
      title: TITLE_OF[known.code],
      status,
      detail: known.code === 'internal' ? 'The request could not be processed.' : known.message,
      instance: requestId,
      code: known.code,
      ...(known instanceof InvalidRequestError ? { errors: known.fields } : {}),
      ...(known instanceof ProblemError ? known.members : {}),
    },
  };
}

function headersOf(error: FleetError, status: number): Record<string, string> {
  const asked = error instanceof ProblemError ? error.retryAfterSeconds : null;
  const retryAfter = asked ?? (status === 503 ? 1 : null);
  return {
    ...(retryAfter === null ? {} : { 'retry-after': String(retryAfter) }),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  };
}

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  503: 'unavailable',
};

/** Errors of the HTTP framework carry a status; anything else is an internal error. */
function toFleetError(error: unknown): FleetError {
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  const code = CODE_OF_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid_request' : 'internal');
  if (code === 'unsupported_media_type')
    return new FleetError(code, 'Send Content-Type: application/json.', { cause: error });
  return new FleetError(code, error instanceof Error ? error.message : TITLE_OF[code], { cause: error });
}
