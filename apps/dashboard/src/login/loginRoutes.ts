import type { Log } from '@sluice/shared/lifecycle/service';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { LoginPace } from './loginPace.js';
import type { Pages } from './pages.js';
import { returnPath } from './returnPath.js';
import type { Sessions } from './session.js';
import { SESSION_MS } from './session.js';
import { SESSION_COOKIE, sessionEnd } from './sessionGuard.js';

/** Maximum size of a login's body, in bytes. */
const MAX_BODY_BYTES = 4_096;

const loginBody = z.object({ key: z.string().max(1_000), next: z.string().optional().catch(undefined) });
const loginQuery = z.object({ next: z.unknown().optional() });

/** Dependencies of the login. */
export interface LoginDeps {
  readonly sessions: Sessions;
  readonly pace: LoginPace;
  readonly pages: Pages;
  readonly log: Log;
}

/** Adds the login and logout pages and their files. They need no session. */
export function addLoginRoutes(server: FastifyInstance, deps: LoginDeps): void {
  const { sessions, pages } = deps;
  server.get('/assets/sluice.css', async (_request, reply) => sendFile(reply, 'text/css', pages.styleSheet));
  server.get('/assets/icon.svg', async (_request, reply) => sendFile(reply, 'image/svg+xml', pages.icon));
  server.get('/favicon.ico', async (_request, reply) => reply.redirect('/assets/icon.svg', 301));
  server.get('/login', async (request, reply) => {
    const next = returnPath(loginQuery.parse(request.query).next);
    if (sessionEnd(request, sessions) !== null) return reply.redirect(next, 303);
    return sendPage(reply, 200, pages.login('', next));
  });
  server.post('/login', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => logIn(request, reply, deps));
  server.get('/logout', async (request, reply) => {
    if (sessionEnd(request, sessions) === null) return reply.redirect('/login', 303);
    return sendPage(reply, 200, pages.logout());
  });
  server.post('/logout', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) =>
    reply.clearCookie(SESSION_COOKIE, cookieOptions(request)).redirect('/login', 303),
  );
}

async function logIn(request: FastifyRequest, reply: FastifyReply, deps: LoginDeps): Promise<FastifyReply> {
  const { sessions, pace, pages, log } = deps;
  const body = loginBody.safeParse(request.body);
  const next = returnPath(body.data?.next);
  const waitSeconds = Math.ceil(pace.waitMs(request.ip) / 1_000);
  if (waitSeconds > 0) {
    reply.header('retry-after', waitSeconds);
    return sendPage(reply, 429, pages.login(`Too many failed attempts. Try again in ${waitSeconds} s.`, next));
  }
  if (!body.success || !sessions.isOperatorKey(body.data.key.trim())) {
    pace.failed(request.ip);
    log.warn({ component: 'login', event: 'login_refused', address: request.ip }, 'login refused: wrong operator key');
    return sendPage(reply, 401, pages.login('This is not the operator key.', next));
  }
  pace.succeeded(request.ip);
  log.info({ component: 'login', event: 'login_succeeded', address: request.ip }, 'operator logged in');
  return reply
    .setCookie(SESSION_COOKIE, sessions.open(), { ...cookieOptions(request), maxAge: SESSION_MS / 1_000 })
    .redirect(next, 303);
}

function cookieOptions(request: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https' } as const;
}

function sendPage(reply: FastifyReply, status: number, page: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
}

function sendFile(reply: FastifyReply, type: string, content: string): FastifyReply {
  return reply.type(type).header('cache-control', 'public, max-age=3600').send(content);
}
