import type { BeforeHookResult, BoardHooks } from '@bull-board/api/typings/app';
import { hidePayloads } from './hidePayloads.js';

/** What a logged-in operator may see and do. */
export interface BoardAccess {
  readonly showPayloads: boolean;
  readonly allowActions: boolean;
}

/** Bull Board's routes that write back the data its page shows; while data is hidden they would write the mask. */
const WRITES_DATA = new Set([
  '/api/queues/:queueName/add',
  '/api/queues/:queueName/:jobId/update-data',
  '/api/queues/:queueName/job-schedulers/:schedulerId',
]);

/**
 * Applies the dashboard's rules to every call of Bull Board's API: checks permission before it, hides payloads after
 * it.
 * @param watch called with the name of the lane that a call concerns
 */
export function boardHooks(access: BoardAccess, watch: (lane: string) => void): BoardHooks {
  return {
    before({ method, route, request }) {
      const lane: unknown = request.query.activeQueue ?? request.params.queueName;
      if (typeof lane === 'string' && lane !== '') watch(lane);
      return refusal(method, route, access);
    },
    after({ route, request }, result) {
      return access.showPayloads ? result : { ...result, body: hidePayloads(route, request.params, result.body) };
    },
  };
}

function refusal(method: string, route: string, access: BoardAccess): BeforeHookResult {
  if (method === 'get') return { allow: true };
  if (!access.allowActions) {
    const message = 'This dashboard is read-only; DASHBOARD_ALLOW_ACTIONS=true allows actions.';
    return { allow: false, status: 405, errorKey: 'ERRORS.QUEUE_READ_ONLY', message };
  }
  if (!access.showPayloads && WRITES_DATA.has(route)) {
    return { allow: false, status: 403, message: 'Job data is hidden, so it cannot be written.' };
  }
  return { allow: true };
}
