import type { ErrorCode } from '@sluice/shared/errors/errorCode';
import { HTTP_STATUS_OF, TITLE_OF } from '@sluice/shared/errors/errorCode';
import type { FastifyReply } from 'fastify';

/** Responds with RFC 9457 problem details. */
export function sendProblem(reply: FastifyReply, code: ErrorCode, detail: string): FastifyReply {
  const status = HTTP_STATUS_OF[code];
  const [instance] = reply.request.url.split('?', 1);
  return reply
    .code(status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send(
      JSON.stringify({ type: `urn:sluice:problem:${code}`, title: TITLE_OF[code], status, detail, instance, code }),
    );
}
