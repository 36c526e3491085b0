import type { Book } from '../load/book.js';
import type { RoundReport } from '../round.js';
import type { Strike } from '../strikes/scene.js';

/** Reports the progress of a soak. */
export interface Progress {
  say(text: string): void;
  /** Starts a round: its line is updated until the round ends. @param left describes what remains */
  begin(number: number, strikes: readonly Strike[], left: () => string, counts: Book['counts']): void;
  end(number: number, round: RoundReport): void;
}

/** The stream that progress is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Interval between updates of the line, in ms. */
const LIVE_EVERY_MS = 500;

/** Updates one line on a terminal; elsewhere writes one line per round. */
export function createProgress(stream: ProgressStream): Progress {
  let timer: NodeJS.Timeout | undefined;
  const isLive = stream.isTTY === true;
  return {
    say: (text) => void stream.write(`${text}\n`),
    begin(number, strikes, left, counts) {
      const title = `${number}  ${strikes.map(({ name }) => name).join(' + ')}`;
      const startMs = performance.now();
      if (!isLive) return;
      timer = setInterval(() => {
        const ranMs = performance.now() - startMs;
        const { accepted, unanswered } = counts;
        const text = `${title}: ${Math.round(ranMs / 1_000)} s, ${accepted} accepted, ${unanswered} unanswered, ${left()}`;
        stream.write(`\r\x1b[2K${text.slice(0, 118)}`);
      }, LIVE_EVERY_MS);
    },
    end(number, { strikes, jobs, recoveryMs, violations, figures, findings }) {
      clearInterval(timer);
      const recovery = recoveryMs === null ? 'not recovered' : `recovered in ${(recoveryMs / 1_000).toFixed(1)} s`;
      const verdict = violations.length === 0 ? 'every promise kept' : `${violations.length} VIOLATIONS`;
      const line = `${number}  ${strikes.join(' + ')}: ${jobs} jobs, ${recovery}, ${verdict}`;
      const told = [...figures, ...findings.map((finding) => `BEYOND ITS BOUND: ${finding}`)].map(
        (one) => `   ${one}\n`,
      );
      stream.write(`${isLive ? '\r\x1b[2K' : ''}${line}\n${told.join('')}`);
    },
  };
}
