import { loadConfig } from '@sluice/shared/config/setting';
import { describe, expect, it } from 'vitest';
import { assertReplicaConfig, replicaSettings } from './replicaSettings.js';

const check = (environment: Record<string, string>) => assertReplicaConfig(loadConfig(replicaSettings, environment));

describe('the settings of the number of worker processes', () => {
  it('need nothing by default', () => {
    expect(() => check({})).not.toThrow();
  });

  it.each([
    [{ SCALER_WORKERS_MIN: '9', SCALER_WORKERS_MAX: '8' }, 'lower the first or raise the second'],
    [{ SCALER_DRIVER: 'local' }, 'SCALER_LOCAL_SOCKET is not set'],
    [{ SCALER_DRIVER: 'kubernetes' }, 'SCALER_KUBERNETES_DEPLOYMENT is not set'],
    [{ SCALER_DRIVER: 'nomad' }, 'SCALER_DRIVER is "nomad"'],
    [{ SCALER_DRIVER: 'docker', DOCKER_HOST: 'ssh://there' }, 'unix:// or tcp://'],
  ])('refuse %j and say why', (environment, why) => {
    expect(() => check(environment)).toThrow(why);
  });
});
