import type { Log } from '@sluice/shared/lifecycle/service';
import { createDockerApi } from './dockerApi.js';
import { createDockerCalls } from './dockerCalls.js';
import { createDockerClient } from './dockerClient.js';
import { createKubernetesApi } from './kubernetesApi.js';
import { createLocalApi } from './localApi.js';
import type { ReplicaDriver } from './replicaDriver.js';
import { createReplicaDriver } from './replicaDriver.js';
import type { ReplicaConfig } from './replicaSettings.js';

/** Creates the configured driver; null for `none`. Makes no calls yet. */
export function chooseDriver(config: ReplicaConfig, log: Log): ReplicaDriver | null {
  const { timeoutMs } = config;
  switch (config.driver) {
    case 'none':
      return null;
    case 'local':
      return createReplicaDriver(createLocalApi(config.localSocket ?? '', timeoutMs), config);
    case 'docker': {
      const engine = createDockerCalls(createDockerClient(config.dockerHost, timeoutMs));
      const { dockerProject: project, dockerService: service } = config;
      return createReplicaDriver(createDockerApi({ engine, project, service, log }), config);
    }
    case 'kubernetes': {
      const api = createKubernetesApi({
        url: config.kubernetesUrl,
        deployment: config.kubernetesDeployment ?? '',
        namespace: config.kubernetesNamespace,
        accountDir: config.kubernetesAccount,
        timeoutMs,
      });
      return createReplicaDriver(api, config);
    }
  }
}
