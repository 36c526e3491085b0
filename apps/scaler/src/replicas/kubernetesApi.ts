import { FleetError } from '@sluice/shared/errors/fleetError';
import { z } from 'zod';
import type { ApiAnswer } from './apiCall.js';
import { callApi, reasonIn } from './apiCall.js';
import { readServiceAccount } from './kubernetesAccount.js';
import type { ReplicaApi, ReplicaState } from './replicaDriver.js';

/** The Deployment that runs the workers, and how to reach its API. */
export interface KubernetesOptions {
  /** The API server, `https://kubernetes.default.svc` within a cluster. */
  readonly url: string;
  /** Name of the Deployment. */
  readonly deployment: string;
  /** Its namespace; undefined uses the service account's. */
  readonly namespace: string | undefined;
  /** Folder with the files `token`, `ca.crt` and `namespace`. */
  readonly accountDir: string;
  readonly timeoutMs: number;
}

interface SeenScale extends ReplicaState {
  readonly resourceVersion: string;
}

/** `autoscaling/v1` Scale. Kubernetes omits a number that is 0. */
const scaleSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({ replicas: z.number().default(0) }).default({ replicas: 0 }),
  status: z.object({ replicas: z.number().default(0) }).default({ replicas: 0 }),
});

/**
 * Sets the replicas of a Deployment through its `scale` subresource, so that the service account needs no permission to
 * change anything else. The change carries the version that was read: a concurrent change is a conflict. Kubernetes
 * stops pods with SIGTERM and waits `terminationGracePeriodSeconds`, while they drain.
 */
export function createKubernetesApi(options: KubernetesOptions): ReplicaApi<SeenScale> {
  async function call(method: 'GET' | 'PATCH', signal: AbortSignal, body?: unknown): Promise<ApiAnswer> {
    // Read again for each call: the cluster rotates the token about every hour.
    const account = await readServiceAccount(options.accountDir, options.url);
    const namespace = options.namespace ?? account.namespace;
    const answer = await callApi({
      what: 'The Kubernetes API',
      address: { kind: 'url', url: options.url, ca: account.ca },
      method,
      path: `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/deployments/${encodeURIComponent(options.deployment)}/scale`,
      headers: {
        ...(account.token === undefined ? {} : { authorization: `Bearer ${account.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
      },
      body,
      timeoutMs: options.timeoutMs,
      signal,
    });
    if (answer.status === 200 || answer.status === 409) return answer;
    throw refusalOf(answer, method, { ...options, namespace });
  }

  return {
    name: 'kubernetes',
    async read(signal) {
      const { metadata, spec, status } = readScale(await call('GET', signal));
      return { wanted: spec.replicas, running: status.replicas, resourceVersion: metadata.resourceVersion };
    },
    async change({ resourceVersion }, replicas, signal) {
      const answer = await call('PATCH', signal, { metadata: { resourceVersion }, spec: { replicas } });
      return answer.status === 409 ? 'conflict' : 'ordered';
    },
  };
}

function readScale(answer: ApiAnswer): z.infer<typeof scaleSchema> {
  const scale = scaleSchema.safeParse(answer.body);
  if (scale.success) return scale.data;
  throw new FleetError(
    'upstream_failed',
    'The Kubernetes API answered something other than a Scale: check SCALER_KUBERNETES_URL.',
    { cause: scale.error },
  );
}

/** Converts a response that is neither the scale nor a conflict into an error. */
function refusalOf(
  answer: ApiAnswer,
  method: 'GET' | 'PATCH',
  options: { readonly deployment: string; readonly namespace: string; readonly accountDir: string },
): FleetError {
  const { deployment, namespace, accountDir } = options;
  const said = reasonIn(answer);
  switch (answer.status) {
    case 401:
      return new FleetError(
        'unauthenticated',
        `Kubernetes does not accept the token in ${accountDir}/token: give the scaler's pod a service account and let ` +
          `its token be mounted (automountServiceAccountToken).${said}`,
      );
    case 403:
      return new FleetError(
        'forbidden',
        `The scaler's service account may not ${method === 'GET' ? 'get' : 'patch'} deployments/scale of ${deployment} in ` +
          `the namespace ${namespace}: apply the Role of docs/deploying.md there.${said}`,
      );
    case 404:
      return new FleetError(
        'not_found',
        `There is no Deployment ${deployment} in the namespace ${namespace}: check SCALER_KUBERNETES_DEPLOYMENT and ` +
          `SCALER_KUBERNETES_NAMESPACE.${said}`,
      );
    default:
      return new FleetError('upstream_failed', `The Kubernetes API answered ${answer.status}.${said}`);
  }
}
