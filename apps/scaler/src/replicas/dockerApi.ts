import { FleetError } from '@sluice/shared/errors/fleetError';
import type { Log } from '@sluice/shared/lifecycle/service';
import { z } from 'zod';
import type { DockerClient } from './dockerClient.js';
import { readAs } from './dockerClient.js';
import type { NewContainer } from './dockerContainer.js';
import { COMPOSE, copyOf, freeNumbers, inspectedContainer, listedContainer, numberOf } from './dockerContainer.js';
import type { ReplicaApi, ReplicaState } from './replicaDriver.js';

/** Which service of which Compose project runs the workers. */
export interface DockerOptions {
  readonly client: DockerClient;
  readonly project: string;
  readonly service: string;
  readonly log: Log;
}

/** A listed container, and whether it was told to drain. */
type Container = z.infer<typeof listedContainer> & { readonly drains: boolean };

interface SeenContainers extends ReplicaState {
  readonly containers: readonly Container[];
}

/** States of a container whose process runs, or is about to. */
const RUNNING = new Set(['running', 'restarting', 'paused']);

/** Grace of a container that says none, in seconds: above `SHUTDOWN_GRACE_MS`, unlike Docker's own 10. */
const DRAIN_SECONDS = 30;

/** How much longer than its grace the engine may take to stop a container, in ms. */
const STOP_MARGIN_MS = 15_000;

/**
 * Does what `docker compose up --scale worker=N` does: containers `<project>-<service>-<number>`, made after one that
 * Compose made, and labelled such that Compose takes them for its own. Those with the highest numbers are stopped (SIGTERM,
 * then the service's `stop_grace_period`) and removed when they have ended. The last container is kept, stopped: without
 * it nothing would tell what a worker is made of.
 */
export function createDockerApi(options: DockerOptions): ReplicaApi<SeenContainers> {
  const { client, log } = options;
  const draining = new Set<string>();

  async function list(signal: AbortSignal): Promise<Container[]> {
    const label = [
      `${COMPOSE.project}=${options.project}`,
      `${COMPOSE.service}=${options.service}`,
      `${COMPOSE.oneOff}=False`,
    ];
    const query = new URLSearchParams({ all: 'true', filters: JSON.stringify({ label }) });
    // One that has drained while the engine answered is about to be gone, though the answer may still name it.
    const drained = new Set(draining);
    const answer = await client.call({ method: 'GET', path: `/containers/json?${query}`, signal });
    return readAs(z.array(listedContainer), answer)
      .map((container) => ({ ...container, drains: drained.has(container.Id) || draining.has(container.Id) }))
      .sort((a, b) => numberOf(a) - numberOf(b));
  }

  async function grow(
    containers: readonly Container[],
    by: number,
    signal: AbortSignal,
  ): Promise<'ordered' | 'conflict'> {
    const template = await inspectFirst(containers, signal);
    const stopped = containers.filter(({ State, drains }) => !RUNNING.has(State) && !drains).slice(0, by);
    for (const container of stopped) await join(container.Id, copyOf(template, numberOf(container)), signal);
    for (const number of freeNumbers(containers.map(numberOf), by - stopped.length)) {
      const made = copyOf(template, number);
      const path = `/containers/create?name=${encodeURIComponent(made.name)}`;
      const answer = await client.call({ method: 'POST', path, body: made.body, accept: [409], signal });
      if (answer.status === 409) return 'conflict';
      await join(readAs(z.object({ Id: z.string() }), answer).Id, made, signal);
    }
    return 'ordered';
  }

  async function inspectFirst(containers: readonly Container[], signal: AbortSignal) {
    const template = containers.find(({ State }) => RUNNING.has(State)) ?? containers[0];
    if (template === undefined) {
      throw new FleetError(
        'configuration',
        `There is no container of the service ${options.service} in the Compose project ${options.project} to make ` +
          `workers after: start one with Compose (docker compose up --detach ${options.service}), or check ` +
          'SCALER_DOCKER_PROJECT and SCALER_DOCKER_SERVICE.',
      );
    }
    return inspect(template.Id, signal);
  }

  async function inspect(id: string, signal: AbortSignal) {
    return readAs(inspectedContainer, await client.call({ method: 'GET', path: `/containers/${id}/json`, signal }));
  }

  /** Starts a container once it is on all its networks: who made it may have died before it was. */
  async function join(id: string, { networks }: NewContainer, signal: AbortSignal): Promise<void> {
    const joined = (await inspect(id, signal)).NetworkSettings.Networks;
    for (const { network, aliases } of networks.filter((one) => !Object.hasOwn(joined, one.network))) {
      const body = { Container: id, EndpointConfig: { Aliases: aliases } };
      await client.call({ method: 'POST', path: `/networks/${encodeURIComponent(network)}/connect`, body, signal });
    }
    await start(id, signal);
  }

  /** 304: it runs already. */
  async function start(id: string, signal: AbortSignal): Promise<void> {
    await client.call({ method: 'POST', path: `/containers/${id}/start`, accept: [304], signal });
  }

  /** The engine answers when the container has ended, or its grace has; its own stop goes on if we do not wait for it. */
  async function drain(container: Container, removes: boolean, signal: AbortSignal): Promise<void> {
    draining.add(container.Id);
    try {
      const graceSeconds = (await inspect(container.Id, signal)).Config.StopTimeout ?? DRAIN_SECONDS;
      const path = `/containers/${container.Id}/stop?t=${graceSeconds}`;
      const timeoutMs = graceSeconds * 1_000 + STOP_MARGIN_MS;
      await client.call({ method: 'POST', path, accept: [304, 404], timeoutMs, signal });
      if (!removes) return;
      await client.call({ method: 'DELETE', path: `/containers/${container.Id}`, accept: [404, 409], signal });
    } catch (err) {
      if (!signal.aborted)
        log.warn({ err, container: container.Id }, 'a worker container could not be stopped and removed');
    } finally {
      draining.delete(container.Id);
    }
  }

  function shrink(containers: readonly Container[], replicas: number, signal: AbortSignal): void {
    const staying = containers.filter(({ drains }) => !drains);
    const surplus = staying.filter(({ State }) => RUNNING.has(State)).slice(replicas);
    const keepsTemplate = staying.length > surplus.length;
    for (const [index, container] of surplus.entries()) void drain(container, keepsTemplate || index > 0, signal);
  }

  return {
    name: 'docker',
    async read(signal) {
      const containers = await list(signal);
      const running = containers.filter(({ State }) => RUNNING.has(State));
      return { wanted: running.filter(({ drains }) => !drains).length, running: running.length, containers };
    },
    async change({ containers, wanted }, replicas, signal) {
      if (replicas < wanted) {
        shrink(containers, replicas, signal);
        return 'ordered';
      }
      try {
        return await grow(containers, replicas - wanted, signal);
      } catch (error) {
        // What was listed a moment ago is gone: someone else removed it.
        if (error instanceof FleetError && error.code === 'not_found') return 'conflict';
        throw error;
      }
    },
  };
}
