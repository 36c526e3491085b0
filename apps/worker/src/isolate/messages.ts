import type { Ga4Settings } from '@sluice/ga4/server';
import { ERROR_CODES } from '@sluice/shared/errors/errorCode';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { PacedError } from '@sluice/shared/errors/pacedError';
import type { TaskSources } from '@sluice/tasks/internal';
import { z } from 'zod';
import type { Execution } from '../attempt/execution.js';
import { toJobError, toStorableResult } from '../attempt/storable.js';

/** Maximum lengths of texts from an attempt's process, in characters: a result, progress, a log line. */
const MAX_RESULT_CHARACTERS = 300_000;
const MAX_PROGRESS_CHARACTERS = 64_000;
const MAX_LINE_CHARACTERS = 16_000;

const errorSchema = z.object({
  /** Null for an error that is not a FleetError. */
  code: z.enum(ERROR_CODES).nullable(),
  message: z.string().max(2_000),
  retryAfterMs: z.number().nullable(),
  /** Whether only a part of the upstream asks to wait. */
  ofPart: z.boolean(),
});

/** Every message that an attempt's process may send. Values travel as text, so that every message is bounded. */
export const childMessageSchema = z.discriminatedUnion('kind', [
  /** The handler is about to run. */
  z.object({ kind: z.literal('started') }),
  z.object({ kind: z.literal('progress'), call: z.int(), json: z.string().max(MAX_PROGRESS_CHARACTERS) }),
  z.object({ kind: z.literal('log'), call: z.int(), line: z.string().max(MAX_LINE_CHARACTERS) }),
  z.object({ kind: z.literal('returned'), json: z.string().max(MAX_RESULT_CHARACTERS) }),
  z.object({ kind: z.literal('threw'), error: errorSchema }),
  z.object({ kind: z.literal('invalid'), error: errorSchema }),
  z.object({ kind: z.literal('unusable'), error: errorSchema }),
]);

/** A message from an attempt's process. */
export type ChildMessage = z.infer<typeof childMessageSchema>;

/** The last message of an attempt's process. */
export type LastWord = Extract<ChildMessage, { kind: 'returned' | 'threw' | 'invalid' | 'unusable' }>;

/** What an attempt's process needs to build its handlers. */
export interface ChildSetup {
  readonly tasks: TaskSources;
  readonly postgres: { readonly url: string; readonly schema: string };
  readonly allowPrivateAddresses: boolean;
  readonly exportsDir: string;
  readonly ga4: Ga4Settings & { readonly anyProperty: boolean };
  /** The process is killed when its event loop is blocked for this long, in ms; null when a task may block it. */
  readonly blockedMs: number | null;
}

/** The attempt that a process is started for. */
export interface ChildAttempt {
  readonly task: string;
  readonly data: unknown;
  readonly jobId: string;
  readonly tenantId: string;
  readonly fence: number;
  readonly traceparent: string | null;
}

/** A message to an attempt's process. */
export type ParentMessage =
  | { readonly kind: 'run'; readonly setup: ChildSetup; readonly attempt: ChildAttempt }
  | { readonly kind: 'stop'; readonly reason: 'cancelled' | 'stopping' | 'slot-lost' | 'timed-out' }
  /** The result of a `progress` or `log` call. */
  | { readonly kind: 'answered'; readonly call: number; readonly error: string | null };

/** Encodes an attempt's outcome as its process's last message. */
export function toLastWord(execution: Execution): LastWord {
  switch (execution.kind) {
    case 'returned':
      return toReturned(execution.value);
    case 'stopped':
      // The parent knows why it stopped the attempt.
      return { kind: 'threw', error: { code: null, message: execution.reason, retryAfterMs: null, ofPart: false } };
    case 'died':
      return { kind: 'threw', error: toWireError(execution.error) };
    default:
      return { kind: execution.kind, error: toWireError(execution.error) };
  }
}

function toReturned(value: unknown): LastWord {
  try {
    return { kind: 'returned', json: JSON.stringify(toStorableResult(value)) };
  } catch (error) {
    return { kind: 'unusable', error: toWireError(error) };
  }
}

function toWireError(error: unknown): z.infer<typeof errorSchema> {
  return {
    code: error instanceof FleetError ? error.code : null,
    message: toJobError(error).message,
    retryAfterMs: error instanceof PacedError ? error.retryAfterMs : null,
    ofPart: error instanceof PacedError && error.ofPart,
  };
}

/** Decodes an attempt's outcome from the last message. Error codes and retry delays are kept. */
export function fromLastWord(word: LastWord): Execution {
  switch (word.kind) {
    case 'returned':
      return { kind: 'returned', value: JSON.parse(word.json) };
    case 'threw':
      return { kind: 'threw', error: fromWireError(word.error) };
    case 'unusable':
      return { kind: 'unusable', error: fromWireError(word.error) };
    case 'invalid':
      return { kind: 'invalid', error: new FleetError('invalid_request', word.error.message) };
  }
}

function fromWireError({ code, message, retryAfterMs, ofPart }: z.infer<typeof errorSchema>): Error {
  if (code === null) return new Error(message);
  return code === 'upstream_paced' ? new PacedError(message, retryAfterMs, { ofPart }) : new FleetError(code, message);
}
