import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { ApiServer } from '../http/apiServer.js';
import { refuseHostile } from './hostileInput.js';

/** `application/json`, and types such as `application/cloudevents+json`. */
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i;

/** Accepts only JSON bodies, and rejects hostile ones before anything else reads them. */
export function addJsonBody(server: ApiServer): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    // Only idempotency compares bodies.
    if (request.headers['idempotency-key'] !== undefined) {
      request.bodyHash = createHash('sha256').update(body).digest('hex');
    }
    // Clients that always set a content type send it with an empty body as well.
    parseInto(done, body.length === 0 ? null : body);
  });
}

function parseInto(done: (error: Error | null, value?: unknown) => void, body: Buffer | null): void {
  let value: unknown;
  try {
    value = body === null ? undefined : parseJsonBody(body);
  } catch (error) {
    done(error instanceof Error ? error : new FleetError('internal', String(error)));
    return;
  }
  done(null, value);
}

/**
 * Parses a body as JSON.
 * @throws FleetError `malformed_json`, InvalidRequestError for hostile input
 */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw new FleetError('malformed_json', 'The body is not valid UTF-8.');
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new FleetError('malformed_json', 'The body is not valid JSON.', { cause });
  }
  refuseHostile(value);
  return value;
}
