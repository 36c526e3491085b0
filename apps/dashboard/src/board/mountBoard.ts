import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { BOARD_HEADERS } from '../http/securityHeaders.js';
import type { Sessions } from '../login/session.js';
import { guardBySession } from '../login/sessionGuard.js';

/**
 * Mounts Bull Board at `/`, for requests with a session only.
 * @param viewed called for every such request
 */
export function mountBoard(
  server: FastifyInstance,
  plugin: FastifyPluginAsync,
  sessions: Sessions,
  now: () => number,
  viewed: () => void,
): void {
  server.register(async (guarded) => {
    guarded.addHook('onRequest', async (_request, reply) => {
      reply.headers(BOARD_HEADERS);
    });
    guarded.addHook('onRequest', guardBySession(sessions, now));
    guarded.addHook('onRequest', async () => viewed());
    guarded.addHook('onSend', async (_request, reply, payload) => {
      const isPage = typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('text/html');
      return isPage ? withoutForeignLinks(payload) : payload;
    });
    await guarded.register(plugin);
  });
}

/** Removes links to a third-party font service from Bull Board's page; the system's own fonts suffice. */
function withoutForeignLinks(page: string): string {
  return page.replace(/<link\b[^>]*\bhref="https?:[^>]*>/g, '');
}
