import { FleetError } from '@sluice/shared/errors/fleetError';
import { z } from 'zod';
import type { ApiAnswer } from './apiCall.js';
import { callApi, reasonIn } from './apiCall.js';
import type { ReplicaApi, ReplicaState } from './replicaDriver.js';

const stateSchema = z.object({ wanted: z.int().min(0), running: z.int().min(0) });

/**
 * Controls the process that owns the workers, `npm start`, over its Unix socket. The workers are its children, not the
 * scaler's: a scaler that crashes or loses leadership orphans none and starts none twice. It starts and drains them one
 * by one, and restarts those that crash.
 * @param socketPath where it listens
 */
export function createLocalApi(socketPath: string, timeoutMs: number): ReplicaApi {
  async function call(method: 'GET' | 'PUT', signal: AbortSignal, body?: unknown): Promise<ApiAnswer> {
    const answer = await callApi({
      what: 'The process that owns the workers',
      address: { kind: 'socket', path: socketPath },
      method,
      path: '/workers',
      body,
      timeoutMs,
      signal,
    });
    if (answer.status === 200 || answer.status === 409) return answer;
    const code = answer.status === 403 ? 'forbidden' : answer.status === 400 ? 'invalid_request' : 'upstream_failed';
    throw new FleetError(
      code,
      `The process that owns the workers answered ${answer.status}: check SCALER_WORKERS_MIN and SCALER_WORKERS_MAX, and ` +
        `that SCALER_LOCAL_SOCKET is its own.${reasonIn(answer)}`,
    );
  }

  return {
    name: 'local',
    async read(signal): Promise<ReplicaState> {
      const state = stateSchema.safeParse((await call('GET', signal)).body);
      if (state.success) return state.data;
      const message = 'What listens at SCALER_LOCAL_SOCKET does not own workers: set it to the socket of npm start.';
      throw new FleetError('upstream_failed', message, { cause: state.error });
    },
    async change({ wanted }, replicas, signal) {
      const answer = await call('PUT', signal, { from: wanted, wanted: replicas });
      return answer.status === 409 ? 'conflict' : 'ordered';
    },
  };
}
