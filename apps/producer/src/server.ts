import { newId } from '@sluice/shared/ids/ids';
import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiServer } from './http/apiServer.js';
import type { AnswerError } from './http/errorHandling.js';
import { answerRawError } from './http/rawErrors.js';

/** Maximum body size, in bytes. */
const BODY_LIMIT = 1_048_576;

/** Timeouts for slow senders, for the headers and for the whole request, in ms. */
const HEADERS_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 5_000;

/** How often to check for slow senders, in ms. */
const SLOW_CHECK_MS = 500;

/** Idle connections are closed after this long, in ms; longer than the maximum wait for a result. */
const IDLE_TIMEOUT_MS = 40_000;

/** Keep-alive timeout between requests, in ms. */
const KEEP_ALIVE_MS = 20_000;

/** How long requests in progress may take to complete when the server closes, in ms. */
const CLOSE_PATIENCE_MS = 8_000;

/** Creates the server without routes: limits on size, time and connections, and an id for each request. */
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
 * Stops accepting connections, completes the requests in progress, and then disconnects clients that do not read their
 * response: no request takes longer than this on its own.
 */
export async function closeServer(server: ApiServer, deadline: AbortSignal): Promise<void> {
  const cutOff = (): void => server.server.closeAllConnections();
  const timer = setTimeout(cutOff, CLOSE_PATIENCE_MS);
  deadline.addEventListener('abort', cutOff, { once: true });
  await server.close();
  clearTimeout(timer);
}

/**
 * Closes every connection after its last response once the server closes: a keep-alive connection, or one that never
 * sent a request, would keep the server open until its idle timeout.
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
