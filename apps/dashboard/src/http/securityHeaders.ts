/** What the dashboard's own pages may load: its style sheet, its icon and nothing else. */
const OWN_PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What Bull Board's page may load: its own files. It styles elements in place, and highlights code in a worker. */
const BOARD_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join('; ');

const COMMON = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Headers of every answer of the dashboard's own. */
export const OWN_HEADERS: Readonly<Record<string, string>> = { ...COMMON, 'content-security-policy': OWN_PAGE_POLICY };

/** Headers of every answer of Bull Board. */
export const BOARD_HEADERS: Readonly<Record<string, string>> = { ...COMMON, 'content-security-policy': BOARD_POLICY };
