import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { newId } from '@sluice/shared/ids/ids';

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** Responds to malformed or too slow HTTP on the socket, since no request exists yet, and closes the connection. */
export function answerRawError(error: { readonly code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = STATUS_OF[error.code] ?? 400;
  const title = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({
    type: 'urn:sluice:problem:invalid_request',
    title,
    status,
    detail: title,
    instance: newId(),
    code: 'invalid_request',
  });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/problem+json\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
