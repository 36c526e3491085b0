import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '@sluice/shared/errors/configurationError';
import { z } from 'zod';

/** The worker's settings of GA4. */
export interface Ga4Settings {
  /** `https://host[:port]` instead of Google's; undefined for Google's. */
  readonly endpoint: string | undefined;
  readonly credentialsFile: string | undefined;
  /** The JSON itself, not a path. */
  readonly credentials: string | undefined;
}

/** The service account that GA4 sees. */
export interface Ga4ServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
}

/** GA4's endpoint, and the account used for calls. */
export interface Ga4Access {
  readonly endpoint: URL;
  /** An endpoint that the operator chose instead of Google's host. */
  readonly isOwnEndpoint: boolean;
  /** Null when none is configured: then a custom endpoint is called without a credential, and Google not at all. */
  readonly account: Ga4ServiceAccount | null;
}

const GOOGLE = 'https://analyticsdata.googleapis.com';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

const accountSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(3),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
  project_id: z.string().optional(),
});

/**
 * Reads GA4's endpoint and the account for calls.
 * @throws ConfigurationError that discloses nothing of the credential
 */
export async function readGa4Access(settings: Ga4Settings): Promise<Ga4Access> {
  const { endpoint, credentials, credentialsFile } = settings;
  if (credentials !== undefined && credentialsFile !== undefined) {
    throw new ConfigurationError('Set GA4_CREDENTIALS or GA4_CREDENTIALS_FILE, not both.');
  }
  const url = readEndpoint(endpoint ?? GOOGLE);
  const text = credentialsFile === undefined ? credentials : await readCredentialsFile(credentialsFile);
  const account = text === undefined ? null : readAccount(text);
  if (account !== null && url.protocol === 'http:' && !LOOPBACK.includes(url.hostname)) {
    throw new ConfigurationError(
      'GA4_ENDPOINT must be https:// when there are credentials: they would be read on the way.',
    );
  }
  return { endpoint: url, isOwnEndpoint: endpoint !== undefined, account };
}

function readEndpoint(text: string): URL {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '') {
    throw new ConfigurationError('GA4_ENDPOINT must be a scheme, a host and a port alone, such as https://host:8443.');
  }
  return url;
}

async function readCredentialsFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new ConfigurationError(`GA4_CREDENTIALS_FILE: cannot read ${path}.`);
  }
}

function readAccount(text: string): Ga4ServiceAccount {
  try {
    const account = accountSchema.parse(JSON.parse(text));
    createPrivateKey(account.private_key);
    return account;
  } catch {
    // A parser's message may quote the secret.
    throw new ConfigurationError('The GA4 credentials must be the JSON key of a Google service account.');
  }
}
