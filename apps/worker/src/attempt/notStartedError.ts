import { PacedError } from '@sluice/shared/errors/pacedError';

/** Delay of a job whose process could not be started, in ms: the machine is short of a resource. */
const START_AGAIN_MS = 5_000;

/**
 * An attempt's process could not be started. This implies nothing about the job or the upstream that it would have
 * called.
 */
export class NotStartedError extends PacedError {
  /** @param end how the process ended, such as "by EAGAIN" */
  constructor(end: string) {
    super(`the attempt's process could not be started: ${end}`, START_AGAIN_MS);
  }
}
