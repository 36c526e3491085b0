import { PacedError } from '@sluice/shared/errors/pacedError';

/** Put off for so long when a process could not be started, in ms: the machine is short of something. */
const START_AGAIN_MS = 5_000;

/** An attempt's process could not be started. That says nothing of the job, nor of an upstream that it would have called. */
export class NotStartedError extends PacedError {
  /** @param end how the process ended, such as "by EAGAIN" */
  constructor(end: string) {
    super(`the attempt's process could not be started: ${end}`, START_AGAIN_MS);
  }
}
