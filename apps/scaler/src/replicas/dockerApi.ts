import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { DockerCalls } from './dockerCalls.js';
import type { InspectedContainer, ListedContainer, NewContainer } from './dockerContainer.js';
import { COMPOSE, copyOf, freeNumbers, numberOf } from './dockerContainer.js';
import type { ReplicaApi, ReplicaState } from './replicaDriver.js';

/** The Compose project and service that run the workers. */
export interface DockerOptions {
  readonly engine: DockerCalls;
  readonly project: string;
  readonly service: string;
  readonly log: Log;
}

/** A listed container, and whether it is draining. */
type Container = ListedContainer & { readonly drains: boolean };

interface SeenContainers extends ReplicaState {
  readonly containers: readonly Container[];
}

/** States of a container whose process is running or about to run. */
const RUNNING = new Set(['running', 'restarting', 'paused']);

/** Default grace period of a container, in seconds: above `SHUTDOWN_GRACE_MS`, unlike Docker's own 10. */
const DRAIN_SECONDS = 30;

/**
 * Scales like `docker compose up --scale worker=N`: containers `<project>-<service>-<number>`, copied from one that
 * Compose created, and labelled so that Compose treats them as its own. Those with the highest numbers are stopped
 * (SIGTERM, then the service's `stop_grace_period`) and removed once they have ended. The last container is kept,
 * stopped: it is the only template for new workers.
 */
export function createDockerApi(options: DockerOptions): ReplicaApi<SeenContainers> {
  const { engine, project, service } = options;
  const labels = [`${COMPOSE.project}=${project}`, `${COMPOSE.service}=${service}`, `${COMPOSE.oneOff}=False`];
  const draining = new Set<string>();

  return {
    name: 'docker',
    async read(signal) {
      // A container that drained while the engine responded is about to disappear, though the response may still list
      // it.
      const drained = new Set(draining);
      const containers = (await engine.list(labels, signal))
        .map((container) => ({ ...container, drains: drained.has(container.Id) || draining.has(container.Id) }))
        .sort((a, b) => numberOf(a) - numberOf(b));
      const running = containers.filter(isRunning);
      return { wanted: running.filter(({ drains }) => !drains).length, running: running.length, containers };
    },
    async change({ containers, wanted }, replicas, signal) {
      if (replicas > wanted) return grow(containers, replicas - wanted, options, signal);
      const staying = containers.filter(({ drains }) => !drains);
      const surplus = staying.filter(isRunning).slice(replicas);
      const keepsTemplate = staying.length > surplus.length;
      for (const [index, { Id }] of surplus.entries()) {
        draining.add(Id);
        void drain(Id, keepsTemplate || index > 0, options, signal).finally(() => draining.delete(Id));
      }
      return 'ordered';
    },
  };
}

function isRunning({ State }: Container): boolean {
  return RUNNING.has(State);
}

/** Starts stopped containers, then creates the missing ones. */
async function grow(
  containers: readonly Container[],
  by: number,
  options: DockerOptions,
  signal: AbortSignal,
): Promise<'ordered' | 'conflict'> {
  const { engine } = options;
  try {
    const template = await inspectTemplate(containers, options, signal);
    const stopped = containers.filter((container) => !isRunning(container) && !container.drains).slice(0, by);
    for (const container of stopped) {
      await startOnNetworks(container.Id, copyOf(template, numberOf(container)), engine, signal);
    }
    for (const number of freeNumbers(containers.map(numberOf), by - stopped.length)) {
      const made = copyOf(template, number);
      const id = await engine.create(made, signal);
      if (id === null) return 'conflict';
      await startOnNetworks(id, made, engine, signal);
    }
    return 'ordered';
  } catch (error) {
    // A container just listed no longer exists: someone else removed it.
    if (error instanceof FleetError && error.code === 'not_found') return 'conflict';
    throw error;
  }
}

async function inspectTemplate(
  containers: readonly Container[],
  { engine, project, service }: DockerOptions,
  signal: AbortSignal,
): Promise<InspectedContainer> {
  const template = containers.find(isRunning) ?? containers[0];
  if (template !== undefined) return engine.inspect(template.Id, signal);
  throw new FleetError(
    'configuration',
    `There is no container of the service ${service} in the Compose project ${project} to make workers after: start one ` +
      `with Compose (docker compose up --detach ${service}), or check SCALER_DOCKER_PROJECT and SCALER_DOCKER_SERVICE.`,
  );
}

/** Starts a container once it is connected to all its networks: its creator may have died before that. */
async function startOnNetworks(
  id: string,
  { networks }: NewContainer,
  engine: DockerCalls,
  signal: AbortSignal,
): Promise<void> {
  const joined = (await engine.inspect(id, signal)).NetworkSettings.Networks;
  for (const missing of networks.filter(({ network }) => !Object.hasOwn(joined, network))) {
    await engine.connect(id, missing, signal);
  }
  await engine.start(id, signal);
}

/** Never throws: a container that could not be stopped keeps running, and the next check finds it. */
async function drain(id: string, removes: boolean, { engine, log }: DockerOptions, signal: AbortSignal): Promise<void> {
  try {
    const { StopTimeout } = (await engine.inspect(id, signal)).Config;
    await engine.stop(id, StopTimeout ?? DRAIN_SECONDS, signal);
    if (removes) await engine.remove(id, signal);
  } catch (err) {
    if (!signal.aborted)
      log.warn(
        { component: 'replicas', event: 'container_not_removed', err, container: id },
        'failed to stop and remove a worker container: it is left to the next pass',
      );
  }
}
