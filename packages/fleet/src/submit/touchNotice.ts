import type { Service } from '@sluice/shared/lifecycle/service';

/** Notifies the scaler of lanes that received jobs. */
export interface TouchNotice extends Service {
  touch(laneName: string): void;
}

/**
 * Publishes at once, and then at most once per `everyMs` with all lanes that were touched in between. A notice is a
 * hint: when it is lost, the scaler's next pass finds the lane.
 * @param publish receives the names of lanes; its failures are ignored
 */
export function createTouchNotice(
  publish: (laneNames: readonly string[]) => Promise<unknown>,
  everyMs: number,
): TouchNotice {
  const touched = new Set<string>();
  let cooldown: NodeJS.Timeout | null = null;
  let publishing: Promise<unknown> = Promise.resolve();

  function publishNow(): void {
    const names = [...touched];
    touched.clear();
    publishing = publish(names).catch(() => undefined);
    cooldown = setTimeout(() => {
      cooldown = null;
      if (touched.size > 0) publishNow();
    }, everyMs);
  }

  return {
    name: 'touch notice',
    touch(laneName) {
      touched.add(laneName);
      if (cooldown === null) publishNow();
    },
    async start() {
      return undefined;
    },
    async stop() {
      if (cooldown !== null) clearTimeout(cooldown);
      if (touched.size > 0) publishNow();
      if (cooldown !== null) clearTimeout(cooldown);
      cooldown = null;
      await publishing;
    },
  };
}
