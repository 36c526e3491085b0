import type { AttemptStop } from '../attempt/attemptStop.js';

/** Places for a bounded number at a time; others wait in order. */
export interface Room {
  /** False when the attempt was told to stop before there was a place. */
  enter(stop: AttemptStop): Promise<boolean>;
  leave(): void;
}

/** Starts empty. */
export function createRoom(places: number): Room {
  let free = places;
  const waiting = new Set<() => void>();
  return {
    async enter(stop) {
      if (stop.reason !== null) return false;
      if (free > 0) {
        free--;
        return true;
      }
      return new Promise((resolve) => {
        const admit = (): void => resolve(true);
        waiting.add(admit);
        stop.onStop(() => {
          if (waiting.delete(admit)) resolve(false);
        });
      });
    },
    leave() {
      const [next] = waiting;
      if (next === undefined) {
        free++;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
