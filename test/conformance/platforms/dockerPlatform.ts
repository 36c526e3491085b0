import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@sluice/shared/telemetry/logger';
import { createDockerApi } from '../../../apps/scaler/src/replicas/dockerApi.js';
import { createDockerCalls } from '../../../apps/scaler/src/replicas/dockerCalls.js';
import { createDockerClient } from '../../../apps/scaler/src/replicas/dockerClient.js';
import { createReplicaDriver } from '../../../apps/scaler/src/replicas/replicaDriver.js';
import type { DockerEngine, StubContainer } from './dockerEngine.js';
import { createDockerEngine } from './dockerEngine.js';
import { startFaultyServer } from './faultyServer.js';
import type { Platform } from './platform.js';
import { BOUNDS, TIMEOUT_MS } from './platform.js';

/** A stubbed engine on a Unix socket, with one worker that Compose started. */
export interface DockerPlatform extends Platform {
  readonly engine: DockerEngine;
}

/** Starts the stub. */
export async function openDocker(): Promise<DockerPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-docker-'));
  const socket = join(folder, 'docker.sock');
  const engine = createDockerEngine();
  engine.composeUp(1);
  const api = await startFaultyServer((call) => engine.handle(call), socket);
  const log = createLogger('test', { level: 'silent' });
  const running = (): StubContainer[] => [...engine.containers.values()].filter(({ state }) => state === 'running');

  return {
    engine,
    api,
    driver: () =>
      createReplicaDriver(
        createDockerApi({
          engine: createDockerCalls(createDockerClient(`unix://${socket}`, TIMEOUT_MS)),
          project: 'sluice',
          service: 'worker',
          log,
        }),
        BOUNDS,
      ),
    alive: () => running().length,
    holdJobs: engine.holdJobs,
    releaseJobs: engine.releaseJobs,
    interrupted: engine.interrupted,
    async changeBehind(replicas) {
      for (let number = running().length + 1; number <= replicas; number++) engine.composeUp(number);
      for (const { id } of running().slice(replicas)) engine.containers.delete(id);
    },
    async close() {
      engine.releaseJobs();
      await api.close();
      await rm(folder, { recursive: true });
    },
  };
}
