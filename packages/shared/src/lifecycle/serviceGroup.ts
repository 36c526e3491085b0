import type { Log, Service } from './service.js';

/** A service that has not stopped this long after the deadline is abandoned, in ms. */
const LATE_MS = 1_000;

/** Time for the services of a group to stop after a failed start, in ms. */
const FAILED_START_GRACE_MS = 5_000;

/**
 * Combines services into one: started in order, stopped in reverse order by one deadline. A failed start stops the
 * services that had started and throws its error. Every stop runs, even if another throws or hangs beyond the deadline;
 * stopping twice, or before start, is harmless. A stop during a start lets the current service finish starting and
 * starts no others; that start resolves.
 */
export function createServiceGroup(name: string, services: readonly Service[], log: Log): Service {
  const running: Service[] = [];
  let wanted = false;
  let starting: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | null = null;

  async function startAll(): Promise<void> {
    for (const service of services) {
      if (!wanted) return;
      running.push(service);
      await service.start();
    }
  }

  async function stopAll(deadline: AbortSignal): Promise<void> {
    await endsBy(starting, deadline, 0).catch(() => undefined);
    for (let service = running.pop(); service !== undefined; service = running.pop()) {
      try {
        const ended = await endsBy(service.stop(deadline), deadline, LATE_MS);
        if (!ended)
          log.error(
            { component: 'lifecycle', event: 'service_stop_timed_out', service: service.name },
            'failed to stop a service in time: continuing without it',
          );
      } catch (error) {
        log.error(
          { component: 'lifecycle', event: 'service_stop_failed', err: error, service: service.name },
          'failed to stop a service: continuing with the next',
        );
      }
    }
  }

  function stop(deadline: AbortSignal): Promise<void> {
    wanted = false;
    stopping ??= stopAll(deadline).finally(() => {
      stopping = null;
    });
    return stopping;
  }

  return {
    name,
    async start() {
      wanted = true;
      starting = stopping === null ? startAll() : stopping.then(startAll);
      try {
        await starting;
      } catch (error) {
        await stop(AbortSignal.timeout(FAILED_START_GRACE_MS));
        throw error;
      }
    },
    stop,
  };
}

/** Whether the work ended within `lateMs` after the deadline; throws what the work throws. */
function endsBy(work: Promise<void>, deadline: AbortSignal, lateMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  return new Promise<boolean>((resolve, reject) => {
    const onDeadline = (): void => {
      timer = setTimeout(() => resolve(false), lateMs);
    };
    if (deadline.aborted) onDeadline();
    else deadline.addEventListener('abort', onDeadline, { once: true });
    work
      .then(() => resolve(true), reject)
      .finally(() => {
        deadline.removeEventListener('abort', onDeadline);
        clearTimeout(timer);
      });
  });
}
