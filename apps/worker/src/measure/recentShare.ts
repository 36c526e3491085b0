/** What counts as recent: so many parts of so long each, in ms. */
const PARTS = 10;
const PART_MS = 30_000;

/** The share of what went well of late, over the last five minutes to within half of one. */
export class RecentShare {
  readonly #parts = new Map<number, { readonly good: number; readonly all: number }>();

  note(isGood: boolean, nowMs: number): void {
    const number = Math.floor(nowMs / PART_MS);
    const { good, all } = this.#parts.get(number) ?? { good: 0, all: 0 };
    this.#parts.set(number, { good: good + (isGood ? 1 : 0), all: all + 1 });
  }

  /** From 0 to 1; null when nothing happened. */
  at(nowMs: number): number | null {
    const oldest = Math.floor(nowMs / PART_MS) - PARTS + 1;
    let good = 0;
    let all = 0;
    for (const [number, part] of this.#parts) {
      if (number < oldest) this.#parts.delete(number);
      else {
        good += part.good;
        all += part.all;
      }
    }
    return all === 0 ? null : good / all;
  }
}
