/** The dashboard's own pages may load its style sheet and its icon, nothing else. */
const OWN_PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Bull Board's page may load its own files. It uses inline styles, and highlights code in a worker. */
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

/** Headers of the dashboard's own responses. */
export const OWN_HEADERS: Readonly<Record<string, string>> = { ...COMMON, 'content-security-policy': OWN_PAGE_POLICY };

/** Headers of Bull Board's responses. */
export const BOARD_HEADERS: Readonly<Record<string, string>> = { ...COMMON, 'content-security-policy': BOARD_POLICY };
