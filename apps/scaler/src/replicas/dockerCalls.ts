import { z } from 'zod';
import type { DockerClient } from './dockerClient.js';
import { readAs } from './dockerClient.js';
import type { InspectedContainer, ListedContainer, NewContainer } from './dockerContainer.js';
import { inspectedContainer, listedContainer } from './dockerContainer.js';

/** How much longer than the grace period the engine may take to stop a container, in ms. */
const STOP_MARGIN_MS = 15_000;

/** The Engine API calls that the driver needs. They throw FleetError `not_found` for what does not exist. */
export interface DockerCalls {
  /** Lists every container with all of these labels, `name=value`, whatever its state. */
  list(labels: readonly string[], signal: AbortSignal): Promise<ListedContainer[]>;
  inspect(id: string, signal: AbortSignal): Promise<InspectedContainer>;
  /** @returns its id; null when the name is taken */
  create(made: NewContainer, signal: AbortSignal): Promise<string | null>;
  connect(id: string, to: NewContainer['networks'][number], signal: AbortSignal): Promise<void>;
  /** Starts a container; harmless if it is running. */
  start(id: string, signal: AbortSignal): Promise<void>;
  /**
   * Stops a container and resolves once it has ended; harmless if it has. The engine continues if the call is aborted.
   */
  stop(id: string, graceSeconds: number, signal: AbortSignal): Promise<void>;
  /** Removes a container that has ended; keeps one that is running again. */
  remove(id: string, signal: AbortSignal): Promise<void>;
}

/** Creates the calls on a client. */
export function createDockerCalls(client: DockerClient): DockerCalls {
  return {
    async list(labels, signal) {
      const query = new URLSearchParams({ all: 'true', filters: JSON.stringify({ label: labels }) });
      const answer = await client.call({ method: 'GET', path: `/containers/json?${query}`, signal });
      return readAs(z.array(listedContainer), answer);
    },
    async inspect(id, signal) {
      return readAs(inspectedContainer, await client.call({ method: 'GET', path: `/containers/${id}/json`, signal }));
    },
    async create({ name, body }, signal) {
      const path = `/containers/create?name=${encodeURIComponent(name)}`;
      const answer = await client.call({ method: 'POST', path, body, accept: [409], signal });
      return answer.status === 409 ? null : readAs(z.object({ Id: z.string() }), answer).Id;
    },
    async connect(id, { network, aliases }, signal) {
      const body = { Container: id, EndpointConfig: { Aliases: aliases } };
      await client.call({ method: 'POST', path: `/networks/${encodeURIComponent(network)}/connect`, body, signal });
    },
    async start(id, signal) {
      await client.call({ method: 'POST', path: `/containers/${id}/start`, accept: [304], signal });
    },
    async stop(id, graceSeconds, signal) {
      const timeoutMs = graceSeconds * 1_000 + STOP_MARGIN_MS;
      const path = `/containers/${id}/stop?t=${graceSeconds}`;
      await client.call({ method: 'POST', path, accept: [304, 404], timeoutMs, signal });
    },
    async remove(id, signal) {
      await client.call({ method: 'DELETE', path: `/containers/${id}`, accept: [404, 409], signal });
    },
  };
}
