import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '../http/problem.js';
import { mayChange } from '../http/sameOrigin.js';
import type { Sessions } from './session.js';

/** Name of the session cookie. */
export const SESSION_COOKIE = 'sluice_session';

/** When the request's session expires, unix ms; null when it has none. */
export function sessionEnd(request: FastifyRequest, sessions: Sessions): number | null {
  return sessions.endOf(request.cookies[SESSION_COOKIE]);
}

/**
 * Admits only requests with a session: redirects a page to the login, responds 401 to anything else. A page reloads
 * when its session expires, which leads to the login.
 */
export function guardBySession(sessions: Sessions, now: () => number) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const endsAt = sessionEnd(request, sessions);
    if (endsAt === null) {
      if (!wantsPage(request)) return sendProblem(reply, 'unauthenticated', 'Log in at /login with the operator key.');
      return reply.redirect(`/login?${new URLSearchParams({ next: request.url })}`, 303);
    }
    reply.header('cache-control', 'no-store');
    if (wantsPage(request)) reply.header('refresh', Math.ceil((endsAt - now()) / 1_000) + 1);
  };
}

/** Rejects a state-changing request that no page of this dashboard made. */
export async function guardByOrigin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const { origin, 'sec-fetch-site': fetchSite } = request.headers;
  const allowed = mayChange({
    method: request.method,
    host: request.host,
    origin,
    fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
  });
  if (!allowed) return sendProblem(reply, 'forbidden', 'Cross-site requests may not change anything.');
}

function wantsPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' || /^\/(?:api|static)\//.test(request.url)) return false;
  return (request.headers.accept ?? '').includes('text/html');
}
