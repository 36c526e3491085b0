import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesApi } from '../../../apps/scaler/src/replicas/kubernetesApi.js';
import { createReplicaDriver } from '../../../apps/scaler/src/replicas/replicaDriver.js';
import type { StubAnswer, StubCall } from './faultyServer.js';
import { startFaultyServer } from './faultyServer.js';
import type { Platform } from './platform.js';
import { BOUNDS, TIMEOUT_MS } from './platform.js';

/** A stubbed API server with one Deployment, `worker` in the namespace `fleet`. */
export interface KubernetesPlatform extends Platform {
  /** Replaces the token that the API accepts; the file keeps the one before until `mountToken`. */
  rotateToken(): void;
  /** Writes the accepted token into the file, as the kubelet does. */
  mountToken(): Promise<void>;
  /** Takes the Deployment away. */
  deleteDeployment(): void;
}

const PATH = '/apis/apps/v1/namespaces/fleet/deployments/worker/scale';

/** Starts the stub. It keeps the Deployment's version, which others' changes and its own status move on. */
export async function openKubernetes(): Promise<KubernetesPlatform> {
  const accountDir = await mkdtemp(join(tmpdir(), 'sluice-account-'));
  let token = 'token-1';
  const mountToken = () => writeFile(join(accountDir, 'token'), `${token}\n`);
  await mountToken();
  await writeFile(join(accountDir, 'namespace'), 'fleet');

  let deployment: { replicas: number; version: number } | null = { replicas: 1, version: 1 };
  let terminating = 0;
  let held = false;

  function setReplicas(replicas: number): void {
    if (deployment === null) return;
    // Kubernetes asks pods to end and lets them finish within their grace.
    if (held) terminating += Math.max(0, deployment.replicas - replicas);
    deployment = { replicas, version: deployment.version + 1 };
  }

  function describe(): StubAnswer {
    if (deployment === null) return { status: 404, body: { message: 'deployments.apps "worker" not found' } };
    const { replicas, version } = deployment;
    const metadata = { name: 'worker', namespace: 'fleet', resourceVersion: String(version) };
    // A count of 0 is left out, as Go's omitempty does.
    return {
      status: 200,
      body: { kind: 'Scale', metadata, spec: replicas === 0 ? {} : { replicas }, status: { replicas } },
    };
  }

  function patch({ headers, body }: StubCall): StubAnswer {
    if (headers['content-type'] !== 'application/merge-patch+json') return { status: 415 };
    const wish = body as { metadata?: { resourceVersion?: string }; spec: { replicas: number } };
    const current = describe();
    if (deployment === null) return current;
    if (wish.metadata?.resourceVersion !== String(deployment.version)) {
      return { status: 409, body: { message: 'the object has been modified' } };
    }
    if (wish.spec.replicas < 0) return { status: 422, body: { message: 'must be greater than or equal to 0' } };
    setReplicas(wish.spec.replicas);
    return describe();
  }

  const api = await startFaultyServer(async (call) => {
    if (call.headers.authorization !== `Bearer ${token}`) return { status: 401, body: { message: 'Unauthorized' } };
    if (call.path !== PATH) return { status: 403, body: { message: `forbidden: ${call.path}` } };
    if (call.method === 'GET') return describe();
    return call.method === 'PATCH' ? patch(call) : { status: 403, body: { message: `forbidden: ${call.method}` } };
  });

  return {
    api,
    driver: () =>
      createReplicaDriver(
        createKubernetesApi({
          url: `http://127.0.0.1:${api.port}`,
          deployment: 'worker',
          namespace: undefined,
          accountDir,
          timeoutMs: TIMEOUT_MS,
        }),
        BOUNDS,
      ),
    alive: () => (deployment?.replicas ?? 0) + terminating,
    holdJobs() {
      held = true;
    },
    releaseJobs() {
      held = false;
      terminating = 0;
    },
    interrupted: () => 0,
    changeBehind: async (replicas) => setReplicas(replicas),
    rotateToken() {
      token = `token-${Number(token.slice(6)) + 1}`;
    },
    mountToken,
    deleteDeployment() {
      deployment = null;
    },
    async close() {
      await api.close();
      await rm(accountDir, { recursive: true });
    },
  };
}
