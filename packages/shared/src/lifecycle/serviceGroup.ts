import type { Log, Service } from './service.js';

/**
 * Many services as one: started in order, stopped in reverse under one deadline. A failed start stops what had
 * started and throws its error. Every stop runs even if one throws; stopping twice, or before start, is harmless.
 */
export function createServiceGroup(name: string, services: readonly Service[], log: Log): Service {
  const running: Service[] = [];
  let stopping: Promise<void> | null = null;

  async function stopAll(deadline: AbortSignal): Promise<void> {
    for (let service = running.pop(); service !== undefined; service = running.pop()) {
      try {
        await service.stop(deadline);
      } catch (error) {
        log.error({ err: error, service: service.name }, 'stopping a part failed');
      }
    }
  }

  return {
    name,
    async start() {
      for (const service of services) {
        if (stopping !== null) return;
        running.push(service);
        try {
          await service.start();
        } catch (error) {
          await stopAll(AbortSignal.timeout(5_000));
          throw error;
        }
      }
    },
    stop(deadline) {
      stopping ??= stopAll(deadline).finally(() => {
        stopping = null;
      });
      return stopping;
    },
  };
}
