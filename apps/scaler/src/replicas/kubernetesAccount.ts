import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FleetError } from '@sluice/shared/errors/fleetError';

/** A pod's credentials for the API. */
export interface ServiceAccount {
  /** Undefined for an API without TLS, such as `kubectl proxy`, where the file does not exist. */
  readonly token: string | undefined;
  /** CA certificates of the server, as PEM; undefined where the file does not exist. */
  readonly ca: string | undefined;
  readonly namespace: string;
}

/**
 * Reads the files that Kubernetes mounts into a pod; `ca.crt` and `namespace` may be missing.
 * @throws FleetError `configuration` when there is no token for an API behind TLS
 */
export async function readServiceAccount(dir: string, url: string): Promise<ServiceAccount> {
  const [token, ca, namespace] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map((name) => readFile(join(dir, name), 'utf8').catch(() => undefined)),
  );
  if (token === undefined && url.startsWith('https:')) {
    throw new FleetError(
      'configuration',
      `There is no readable file ${join(dir, 'token')}: run the scaler in a pod with a service account, or set ` +
        'SCALER_KUBERNETES_ACCOUNT to a folder with the files token, ca.crt and namespace.',
    );
  }
  return { token: token?.trim(), ca, namespace: namespace?.trim() || 'default' };
}
