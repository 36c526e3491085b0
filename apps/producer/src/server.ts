import { newId } from '@sluice/shared/ids/ids';
import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiServer } from './http/apiServer.js';
import type { AnswerError } from './http/errorHandling.js';
import { answerRawError } from './http/rawErrors.js';

/** Bodies may be this large, in bytes. */
const BODY_LIMIT = 1_048_576;

/** A slow sender is cut off: so long for the headers, so long for the whole request, in ms. */
const HEADERS_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;

/** How often slow senders are looked for, in ms. */
const SLOW_CHECK_MS = 500;

/** A connection without any traffic is closed, in ms; longer than the longest wait for a result. */
const IDLE_TIMEOUT_MS = 40_000;

/** How long a connection is kept for a next request, in ms. */
const KEEP_ALIVE_MS = 20_000;

/** How long requests under way have to be answered when the server closes, in ms. */
const CLOSE_PATIENCE_MS = 8_000;

/** The bare server: bounded in size, time and connections, with an id for each request. Routes are added by others. */
export function createServer(config: { readonly maxConnections: number }, answerError: AnswerError): ApiServer {
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: SLOW_CHECK_MS },
    genReqId: () => newId(),
    requestIdHeader: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
    clientErrorHandler: answerRawError,
  });
  server.server.maxConnections = config.maxConnections;
  endConnectionsOnClose(server);
  return server.withTypeProvider<ZodTypeProvider>();
}

/**
 * Takes no new connections, answers the requests under way, and then cuts off whoever does not read its answer: no
 * request takes longer than this by itself.
 */
export async function closeServer(server: ApiServer, deadline: AbortSignal): Promise<void> {
  const cutOff = (): void => server.server.closeAllConnections();
  const timer = setTimeout(cutOff, CLOSE_PATIENCE_MS);
  deadline.addEventListener('abort', cutOff, { once: true });
  await server.close();
  clearTimeout(timer);
}

/**
 * When the server closes, its last answer ends every connection: one that was kept for a next request, or that never
 * sent one, would hold the server open until it is idle for long enough.
 */
function endConnectionsOnClose(server: FastifyInstance): void {
  let closing = false;
  let underWay = 0;
  const endAllWhenDone = (): void => {
    if (closing && underWay === 0) server.server.closeAllConnections();
  };
  server.addHook('preClose', async () => {
    closing = true;
    setImmediate(endAllWhenDone);
  });
  server.addHook('onRequest', (_request, reply, done) => {
    underWay++;
    reply.raw.once('close', () => {
      underWay--;
      endAllWhenDone();
    });
    done();
  });
  server.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
}
