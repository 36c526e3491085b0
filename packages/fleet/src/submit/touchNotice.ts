import type { Service } from '@sluice/shared/lifecycle/service';

/** Tells the scaler which lanes were added to. */
export interface TouchNotice extends Service {
  touch(laneName: string): void;
}

/**
 * Tells at once, and then at most once per `everyMs` with all that came in between. A notice is a hint: when it is
 * lost, the scaler looks by itself soon after.
 * @param tell gets the names of lanes; its failures are of no account
 */
export function createTouchNotice(
  tell: (laneNames: readonly string[]) => Promise<unknown>,
  everyMs: number,
): TouchNotice {
  const touched = new Set<string>();
  let resting: NodeJS.Timeout | null = null;
  let telling: Promise<unknown> = Promise.resolve();

  function tellNow(): void {
    const names = [...touched];
    touched.clear();
    telling = tell(names).catch(() => undefined);
    resting = setTimeout(() => {
      resting = null;
      if (touched.size > 0) tellNow();
    }, everyMs);
  }

  return {
    name: 'touch notice',
    touch(laneName) {
      touched.add(laneName);
      if (resting === null) tellNow();
    },
    async start() {
      return undefined;
    },
    async stop() {
      if (resting !== null) clearTimeout(resting);
      if (touched.size > 0) tellNow();
      if (resting !== null) clearTimeout(resting);
      resting = null;
      await telling;
    },
  };
}
