import { partAt, recentOf } from './recentParts.js';

/** The recent success ratio, over the last five minutes to within half a minute. */
export class RecentShare {
  readonly #parts = new Map<number, { readonly good: number; readonly all: number }>();

  note(isGood: boolean, nowMs: number): void {
    const number = partAt(nowMs);
    const { good, all } = this.#parts.get(number) ?? { good: 0, all: 0 };
    this.#parts.set(number, { good: good + (isGood ? 1 : 0), all: all + 1 });
  }

  /** The ratio, from 0 to 1; null when nothing happened. */
  at(nowMs: number): number | null {
    let good = 0;
    let all = 0;
    for (const part of recentOf(this.#parts, nowMs)) {
      good += part.good;
      all += part.all;
    }
    return all === 0 ? null : good / all;
  }
}
