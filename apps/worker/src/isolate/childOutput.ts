import type { Readable } from 'node:stream';
import type { Log } from '@sluice/shared/lifecycle/service';

/** Limits on the logged output of an attempt's process: lines, and characters per line. */
const MAX_LINES = 50;
const MAX_LINE_CHARACTERS = 1_000;

/** Logs an attempt's process's standard output or error up to the limits; the rest is read and discarded. */
export function logOutput(stream: Readable, jobId: string, log: Log): void {
  let lines = 0;
  let begun = '';
  function tell(line: string): void {
    if (line.trim() === '' || lines > MAX_LINES) return;
    lines++;
    if (lines > MAX_LINES)
      log.warn(
        { component: 'isolation', event: 'attempt_output_truncated', jobId },
        "further output of the attempt's process is not logged",
      );
    else
      log.warn(
        { component: 'isolation', event: 'attempt_output', jobId, line: line.slice(0, MAX_LINE_CHARACTERS) },
        "output of an attempt's process",
      );
  }
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    if (lines > MAX_LINES) return;
    const parts = (begun + text).split('\n');
    begun = (parts.pop() ?? '').slice(0, MAX_LINE_CHARACTERS);
    for (const line of parts) tell(line);
  });
  stream.on('end', () => tell(begun));
  stream.on('error', () => undefined);
}
