/** What a request says about its origin. */
export interface RequestOrigin {
  readonly method: string;
  /** Requested host, such as `fleet.example:3001`. */
  readonly host: string;
  /** Header `Origin`. */
  readonly origin: string | undefined;
  /** Header `Sec-Fetch-Site`, which no page can forge. */
  readonly fetchSite: string | undefined;
}

/**
 * Whether a request may change state: only if a page of this dashboard made it. Every current browser sends `Origin`
 * with such requests; a request without an origin is rejected. In addition, the session cookie is `SameSite=Strict`
 * (OWASP Cross-Site Request Forgery Prevention: Fetch Metadata, with Origin as the fallback).
 */
export function mayChange(request: RequestOrigin): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return true;
  if (request.fetchSite !== undefined) return request.fetchSite === 'same-origin' || request.fetchSite === 'none';
  return request.origin !== undefined && hostOf(request.origin) === request.host.toLowerCase();
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
