import type { Loaded } from '@sluice/shared/config/setting';
import { setting } from '@sluice/shared/config/setting';
import { optionalText, urlOf, wholeNumber } from '@sluice/shared/config/values';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { z } from 'zod';

/** Settings of the bounds of the number of worker processes, and of the driver that starts and stops them. */
export const replicaSettings = {
  driver: setting(
    'SCALER_DRIVER',
    z.enum(['none', 'local', 'docker', 'kubernetes']).default('none'),
    'Who starts and drains worker processes: none (an orchestrator that reads the metric), local, docker or kubernetes',
    { default: 'none' },
  ),
  min: setting(
    'SCALER_WORKERS_MIN',
    wholeNumber(0, 1_000, 1),
    'Minimum worker processes; with 0 the last one stops when there is no work',
    { default: '1' },
  ),
  max: setting('SCALER_WORKERS_MAX', wholeNumber(1, 1_000, 10), 'Maximum worker processes', { default: '10' }),
  percent: setting(
    'SCALER_WORKERS_PERCENT',
    wholeNumber(1, 100, 80),
    'Target utilisation of the worker processes, in percent of the jobs that they can run at a time',
    { default: '80' },
  ),
  shrinkMs: setting(
    'SCALER_WORKERS_SHRINK_MS',
    wholeNumber(0, 3_600_000, 300_000),
    'How long fewer worker processes must have sufficed before some are stopped',
    { default: '300000' },
  ),
  timeoutMs: setting('SCALER_DRIVER_TIMEOUT_MS', wholeNumber(100, 120_000, 5_000), 'Timeout of a call of the driver', {
    default: '5000',
  }),
  localSocket: setting(
    'SCALER_LOCAL_SOCKET',
    optionalText(),
    'local: Unix socket of the process that owns the workers; npm start sets it',
  ),
  dockerHost: setting(
    'DOCKER_HOST',
    urlOf('unix', 'tcp').default('unix:///var/run/docker.sock'),
    'docker: address of the engine, `unix://` or `tcp://` (without TLS)',
    { default: 'unix:///var/run/docker.sock' },
  ),
  dockerProject: setting('SCALER_DOCKER_PROJECT', z.string().default('sluice'), 'docker: the Compose project', {
    default: 'sluice',
  }),
  dockerService: setting(
    'SCALER_DOCKER_SERVICE',
    z.string().default('worker'),
    'docker: the Compose service of the workers',
    {
      default: 'worker',
    },
  ),
  kubernetesDeployment: setting(
    'SCALER_KUBERNETES_DEPLOYMENT',
    optionalText(),
    'kubernetes: name of the Deployment of the workers',
  ),
  kubernetesNamespace: setting(
    'SCALER_KUBERNETES_NAMESPACE',
    optionalText(),
    "kubernetes: namespace of the Deployment; that of the scaler's service account when unset",
  ),
  kubernetesUrl: setting(
    'SCALER_KUBERNETES_URL',
    urlOf('https', 'http').default('https://kubernetes.default.svc'),
    'kubernetes: URL of the API server',
    { default: 'https://kubernetes.default.svc' },
  ),
  kubernetesAccount: setting(
    'SCALER_KUBERNETES_ACCOUNT',
    z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
    'kubernetes: folder with the files token, ca.crt and namespace',
    { default: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ),
};

/** The loaded settings. */
export type ReplicaConfig = Loaded<typeof replicaSettings>;

/**
 * Rejects settings that contradict each other or lack what the driver needs.
 * @throws ConfigurationError
 */
export function assertReplicaConfig({ driver, min, max, localSocket, kubernetesDeployment }: ReplicaConfig): void {
  if (min > max) {
    throw new ConfigurationError(
      `SCALER_WORKERS_MIN is ${min} and SCALER_WORKERS_MAX is ${max}: lower the first or raise the second.`,
    );
  }
  if (driver === 'local' && localSocket === undefined) {
    throw new ConfigurationError(
      'SCALER_DRIVER is local and SCALER_LOCAL_SOCKET is not set: npm start sets both. Elsewhere use docker, kubernetes or none.',
    );
  }
  if (driver === 'kubernetes' && kubernetesDeployment === undefined) {
    throw new ConfigurationError(
      'SCALER_DRIVER is kubernetes and SCALER_KUBERNETES_DEPLOYMENT is not set: set it to the name of the Deployment of workers.',
    );
  }
}
