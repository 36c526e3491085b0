import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { MAX_LOG_LINE, MAX_TOLD_PROGRESS } from '@sluice/shared/contracts/jobEvents';
import { fitsInJson } from '../domain/jsonSize.js';

/**
 * Formats an event for a feed. Called when the event is published, as a handler may change its progress object
 * afterwards. A progress value that is too long, or that JSON cannot represent, is omitted; a long line is cut. Pure.
 */
export function toFeedText(event: JobEvent): string {
  switch (event.kind) {
    case 'state':
    case 'missed':
      return JSON.stringify(event);
    case 'log':
      return JSON.stringify({ ...event, line: String(event.line).slice(0, MAX_LOG_LINE) });
    case 'progress':
      return progressText(event);
  }
}

function progressText(event: Extract<JobEvent, { kind: 'progress' }>): string {
  const without = { ...event, value: null, tooLong: true };
  if (!fitsInJson(event.value, MAX_TOLD_PROGRESS)) return JSON.stringify(without);
  try {
    const text = JSON.stringify(event);
    // A value with a `toJSON` method may still be long.
    return text.length > 2 * MAX_TOLD_PROGRESS ? JSON.stringify(without) : text;
  } catch {
    return JSON.stringify(without);
  }
}
