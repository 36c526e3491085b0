import type { AttemptStop } from '../attempt/attemptStop.js';

/** A semaphore with a fixed number of places; waiters are served in order. */
export interface Room {
  /** Waits for a place; resolves to false when the attempt was stopped before one was free. */
  enter(stop: AttemptStop): Promise<boolean>;
  leave(): void;
}

/** Creates a semaphore with all places free. */
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
