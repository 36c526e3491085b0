import { InvalidRequestError } from '@sluice/shared/errors/invalidRequestError';
import { isId } from '@sluice/shared/ids/ids';

/** Where a page of dead letters ended. */
export interface DeadLetterCursor {
  readonly diedAt: Date;
  readonly id: string;
}

/** Encodes a cursor as text that is opaque to clients. */
export function writeCursor({ diedAt, id }: DeadLetterCursor): string {
  return Buffer.from(`${diedAt.getTime()} ${id}`).toString('base64url');
}

/**
 * Decodes a cursor.
 * @throws InvalidRequestError when it is not a valid cursor
 */
export function readCursor(text: string): DeadLetterCursor {
  const [time = '', id = ''] = Buffer.from(text, 'base64url').toString('latin1').split(' ');
  const diedAt = new Date(/^\d{1,13}$/.test(time) ? Number(time) : Number.NaN);
  if (!Number.isNaN(diedAt.getTime()) && isId(id)) return { diedAt, id };
  const message = 'Use nextCursor of the previous page';
  throw new InvalidRequestError('The cursor is not valid.', [{ pointer: '/cursor', message }]);
}
