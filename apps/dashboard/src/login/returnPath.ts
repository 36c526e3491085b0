/**
 * The redirect target after a login: a path of this dashboard, or `/` for anything else, so that a login never leads to
 * another site (open redirect).
 * @param asked the requested target, unvalidated
 */
export function returnPath(asked: unknown): string {
  if (typeof asked !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(asked) || asked.includes('\\')) return '/';
  const url = new URL(asked, 'http://here.invalid');
  if (url.host !== 'here.invalid' || url.pathname.startsWith('//')) return '/';
  if (/^\/(?:login|logout|api|static|assets)(?:\/|$)/.test(url.pathname)) return '/';
  return `${url.pathname}${url.search}`;
}
