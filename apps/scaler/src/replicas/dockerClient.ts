import { FleetError } from '@sluice/shared/errors/fleetError';
import { z } from 'zod';
import type { ApiAddress, ApiAnswer, ApiCall } from './apiCall.js';
import { callApi, reasonIn } from './apiCall.js';

/** An Engine API call. */
export type DockerCall = Pick<ApiCall, 'method' | 'path' | 'signal'> & {
  readonly body?: unknown;
  /** Statuses above 299 that are not failures. */
  readonly accept?: readonly number[];
  /** Timeout, if longer than the default, in ms. */
  readonly timeoutMs?: number;
};

/** Calls the Engine API in a version that the engine supports. */
export interface DockerClient {
  /** @throws FleetError whose message says what to do next */
  call(call: DockerCall): Promise<ApiAnswer>;
}

/** Newest API version that this client supports. */
const NEWEST = '1.47';

const versionSchema = z.object({ ApiVersion: z.string() });

/**
 * Creates a client of a Docker engine. The API version is negotiated at the first call, because old engines do not
 * support new versions and new engines drop old ones.
 * @param host as in `DOCKER_HOST`: `unix:///var/run/docker.sock` or `tcp://host:port`, the latter without TLS
 */
export function createDockerClient(host: string, timeoutMs: number): DockerClient {
  const address = addressOf(host);
  let version: string | null = null;

  async function send(call: DockerCall, prefix: string): Promise<ApiAnswer> {
    const { accept = [], ...rest } = call;
    const answer = await callApi({ what: 'The Docker engine', address, timeoutMs, ...rest, path: prefix + call.path });
    if (answer.status < 300 || accept.includes(answer.status)) return answer;
    throw refusalOf(answer, call);
  }

  async function agree(signal: AbortSignal): Promise<string> {
    const { ApiVersion } = readAs(versionSchema, await send({ method: 'GET', path: '/version', signal }, ''));
    return isOlder(ApiVersion, NEWEST) ? ApiVersion : NEWEST;
  }

  return {
    async call(call) {
      version ??= await agree(call.signal);
      return send(call, `/v${version}`);
    },
  };
}

/**
 * Parses a response body.
 * @throws FleetError `upstream_failed` when it does not match the Engine API
 */
export function readAs<Value>(schema: z.ZodType<Value>, answer: ApiAnswer): Value {
  const read = schema.safeParse(answer.body);
  if (read.success) return read.data;
  const message = 'What answers at DOCKER_HOST is no Docker engine: set it to the engine that runs the workers.';
  throw new FleetError('upstream_failed', message, { cause: read.error });
}

function addressOf(host: string): ApiAddress {
  if (host.startsWith('unix://')) return { kind: 'socket', path: host.slice('unix://'.length) };
  return { kind: 'url', url: host.replace(/^tcp:/, 'http:') };
}

function isOlder(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

function refusalOf(answer: ApiAnswer, { method, path }: DockerCall): FleetError {
  const said = reasonIn(answer);
  const [resource = path] = path.split('?');
  if (answer.status === 403) {
    return new FleetError(
      'forbidden',
      `The Docker engine, or a proxy before it, refuses ${method} ${resource}: allow the scaler to list, create, start, ` +
        `stop and remove containers.${said}`,
    );
  }
  return new FleetError(
    'upstream_failed',
    `The Docker engine answered ${answer.status} to ${method} ${resource}.${said}`,
  );
}
