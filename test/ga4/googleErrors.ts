/** Names of google.rpc.Code that the server answers, with their HTTP status. google/rpc/code.proto. */
const HTTP_STATUS = {
  INVALID_ARGUMENT: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;

/** Name of a google.rpc.Code. */
export type GoogleStatus = keyof typeof HTTP_STATUS;

/** An error as Google's REST front end sends it. */
export interface GoogleError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes an error; details are google.rpc messages with their `@type`. */
export function googleError(
  status: GoogleStatus,
  message: string,
  { details, headers = {} }: { readonly details?: readonly object[]; readonly headers?: Record<string, string> } = {},
): GoogleError {
  const code = HTTP_STATUS[status];
  const error = { code, message, status, ...(details === undefined ? {} : { details }) };
  return { status: code, headers, body: JSON.stringify({ error }, null, 2) };
}

const QUOTAS = 'https://developers.google.com/analytics/devguides/reporting/data/v1/quotas';

/** What GA4 says of each quota when it is used up. */
export const EXHAUSTED = {
  concurrentRequests: 'Exhausted concurrent requests quota. Please wait for some requests to complete and try again.',
  tokensPerDay: `Exhausted property tokens per day. These quota tokens will return in under 24 hours. To learn more, see ${QUOTAS}`,
  tokensPerHour: `Exhausted property tokens per hour. These quota tokens will return in under an hour. To learn more, see ${QUOTAS}`,
  tokensPerProjectPerHour: `Exhausted property tokens for a project per hour. These quota tokens will return in under an hour. To learn more, see ${QUOTAS}`,
} as const;

/** Without, or with a wrong, access token. */
export function unauthenticated(): GoogleError {
  const message =
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid ' +
    'authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.';
  const info = {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED',
    domain: 'googleapis.com',
    metadata: {
      method: 'google.analytics.data.v1beta.BetaAnalyticsData.RunReport',
      service: 'analyticsdata.googleapis.com',
    },
  };
  return googleError('UNAUTHENTICATED', message, { details: [info] });
}

/** For a property that does not exist, or that the caller may not read: GA4 does not tell which. */
export function noSuchProperty(): GoogleError {
  return googleError(
    'PERMISSION_DENIED',
    'User does not have sufficient permissions for this property. To learn more about Property ID, see ' +
      'https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.',
  );
}

/** For a body that does not fit the message: at `field`, in Google's words. */
export function badField(field: string, description: string): GoogleError {
  const violations = [{ field, description }];
  const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: violations }];
  return googleError('INVALID_ARGUMENT', description, { details });
}
