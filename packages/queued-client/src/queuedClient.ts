import { resultOf } from '@sluice/fleet/feed/jobResult';
import type { JobRow } from '@sluice/fleet/postgres/queries/readJob';
import type { PreparedJob } from '@sluice/fleet/submit/prepareJob';
import { prepareJob } from '@sluice/fleet/submit/prepareJob';
import { callsLeft, refillsInMs } from '@sluice/limits';
import type { TenantRole } from '@sluice/shared/contracts/identity';
import type { JobState } from '@sluice/shared/contracts/jobStates';
import type { JobBody } from '@sluice/shared/contracts/jobs';
import { jobBodySchema } from '@sluice/shared/contracts/jobs';
import type { Upstream } from '@sluice/shared/contracts/upstreamQuota';
import type { Lane } from '@sluice/shared/domain/lane';
import { FleetError } from '@sluice/shared/errors/fleetError';
import type { PacedError } from '@sluice/shared/errors/pacedError';
import { newId } from '@sluice/shared/ids/ids';
import { activeTraceparent } from '@sluice/shared/telemetry/spans';
import type { TaskContract } from '@sluice/tasks';
import { cancelOwn } from './cancelOwn.js';
import { createDirectCall } from './directCall.js';
import type { FleetClient } from './fleetClient.js';
import { connectionOf } from './fleetConnection.js';
import { placeOf, startPositionNotices } from './positionNotices.js';
import type { QueuedNotice } from './queuedNotice.js';
import { assertKnownTenant, findOwnLate, readOwnJob, readRequester } from './requester.js';

/** The user of a client, and the call it makes. */
export interface QueuedClientOptions<Data, Result = unknown, Input = unknown> {
  readonly tenant: string;
  readonly user: string;
  readonly role: TenantRole;
  /** The task that does the same in a worker; it names its upstream. */
  readonly task: TaskContract<Data, Result, string, Input>;
  /** Makes the call directly. Throws {@link PacedError} when the upstream asks to wait. */
  readonly call: (data: Data, context: { readonly signal: AbortSignal }) => Promise<Result>;
}

/** Options of one request. */
export interface RequestOptions {
  /** 0..100, higher is sooner; 50 by default. */
  readonly priority?: number;
  /**
   * Called when the request is queued and whenever its position changes, never after it has settled. Its errors are
   * logged.
   */
  readonly onQueued?: (notice: QueuedNotice) => void;
  /** Ends the request: a direct call by its signal, a queued job by cancelling it. */
  readonly signal?: AbortSignal;
  /** The store that must hold a job before it counts as queued; `ledger` by default. */
  readonly durability?: 'ledger' | 'redis';
}

/** The status of a queued request. */
export interface RequestStatus {
  readonly id: string;
  readonly state: JobState;
  readonly position: number | null;
  readonly estimatedWaitMs: number | null;
  readonly estimatedWaitP90Ms: number | null;
  readonly attempts: number;
}

/** The status of a tenant's queue; fields are null while Redis is unavailable. */
export interface QueueStatus {
  readonly role: TenantRole;
  readonly waiting: number | null;
  readonly active: number | null;
  /** For a new request. */
  readonly estimatedWaitMs: number | null;
  readonly estimatedWaitP90Ms: number | null;
  /** Remaining calls of the quota's window; null also when unlimited. */
  readonly quotaLeft: number | null;
  readonly quotaRefillsInMs: number | null;
}

/**
 * Makes requests: directly while the quota allows, else through the queue.
 * @typeParam Input data of the task before its schema's defaults
 * @typeParam Result what the call and the task's handler resolve with
 */
export interface QueuedClient<Input = unknown, Result = unknown> {
  /**
   * Resolves with the result of the direct call or of the job.
   * @param data validated against the task's schema, which fills in its defaults
   * @throws InvalidRequestError, FleetError `not_found` (no such tenant) or `unavailable`; what `call` throws; the
   *   job's error
   */
  request(data: Input, options?: RequestOptions): Promise<Result>;
  /** @throws FleetError `not_found`; `forbidden` for another user's, but to an admin or owner */
  status(id: string): Promise<RequestStatus>;
  /** Position of a queued request, 1 for the next; null when it does not wait. Throws as `status`. */
  position(id: string): Promise<number | null>;
  /** Cancels a queued request, at once or through its signal. Throws as `status`, and `wrong_state` when it is over. */
  cancel(id: string): Promise<void>;
  queueStatus(): Promise<QueueStatus>;
  /** Stops waiting for results: queued requests reject with `unavailable`, and their jobs continue. */
  close(): void;
}

/**
 * Creates a client for one user of a tenant.
 * @param client what `openFleetClient` resolves with
 * @throws FleetError `invalid_request` when tenant, user or role is invalid, `configuration` when the task names no
 *   upstream
 */
export function createQueuedClient<Data, Result, Input>(
  client: FleetClient,
  options: QueuedClientOptions<Data, Result, Input>,
): QueuedClient<Input, Result> {
  const fleet = connectionOf(client);
  const requester = readRequester(options);
  const { tenant, role } = requester;
  const { task } = options;
  const lane = { tenantId: tenant, queueClass: task.queueClass };
  const upstream = upstreamOf(task);
  fleet.setUpstream(task.queueClass, upstream);
  const callDirectly = createDirectCall(fleet, { tenant, task, upstream, call: options.call });
  const closing = new AbortController();

  async function prepare(data: unknown, { priority, durability }: RequestOptions): Promise<PreparedJob> {
    const body: JobBody = jobBodySchema.parse({
      task: task.name,
      data,
      ...(priority === undefined ? {} : { priority }),
      ...(durability === undefined ? {} : { durability }),
    });
    // Rules only order jobs, so they are skipped while the ledger is unavailable.
    const priorityRules = await fleet.priorityRulesOf(tenant).catch(() => null);
    const who = { id: newId(), tenantId: tenant, role, submitter: requester.user, traceparent: activeTraceparent() };
    return prepareJob(await fleet.noteUse({ ...who, priorityRules, recentJobs: 0 }, 1), body, {
      find: () => task as TaskContract,
    });
  }

  async function queue(prepared: PreparedJob, { onQueued }: RequestOptions, signal: AbortSignal): Promise<unknown> {
    const { id } = prepared.row;
    signal.throwIfAborted();
    await fleet.acceptor.accept(prepared);
    const notices = onQueued === undefined ? null : startPositionNotices(fleet, prepared, onQueued);
    try {
      const end = await fleet.ends.wait(tenant, id, AbortSignal.any([signal, closing.signal]));
      notices?.atLeastOnce();
      return resultOf(end);
    } catch (error) {
      notices?.stop();
      if (signal.aborted) {
        await cancelOwn(fleet, tenant, id).catch((err: unknown) =>
          fleet.log.debug(
            { component: 'queued_client', event: 'aborted_job_not_cancelled', err },
            'failed to cancel the job of an aborted request: it runs',
          ),
        );
      }
      throw error;
    } finally {
      notices?.stop();
    }
  }

  const own = (id: string): Promise<JobRow> => readOwnJob(fleet, requester, id);
  return {
    async request(data, how = {}) {
      closing.signal.throwIfAborted();
      how.signal?.throwIfAborted();
      await assertKnownTenant(fleet, tenant);
      const signal = how.signal ?? new AbortController().signal;
      const prepared = await prepare(data, how);
      const direct = await callDirectly(prepared, signal);
      // The worker checks a job's result against the task's schema; a direct call's is what `call` resolved with.
      return (direct.kind === 'answered' ? direct.result : await queue(prepared, how, signal)) as Result;
    },
    async status(id) {
      const job = await own(id);
      const place = await placeOf(fleet, laneOf(job), queueIdOf(job), job.state);
      // The ledger records a little later that a lane has the job.
      const state = job.state === 'accepted' && place.position !== null ? 'queued' : job.state;
      return { id, state, attempts: job.fence, ...place };
    },
    async position(id) {
      const job = await own(id);
      return fleet.lanes.position(laneOf(job), queueIdOf(job));
    },
    async cancel(id) {
      if (findOwnLate(fleet.acceptor, requester, id) === null) await own(id);
      await cancelOwn(fleet, tenant, id);
    },
    async queueStatus() {
      const [facts, place] = await Promise.all([fleet.estimates.facts(lane), placeOf(fleet, lane, null, 'queued')]);
      const quota = facts?.quota ?? null;
      return {
        role,
        waiting: facts?.waiting ?? null,
        active: facts?.active ?? null,
        estimatedWaitMs: place.estimatedWaitMs,
        estimatedWaitP90Ms: place.estimatedWaitP90Ms,
        quotaLeft: quota === null ? null : callsLeft(quota),
        quotaRefillsInMs: quota === null ? null : refillsInMs(quota),
      };
    },
    close: () => closing.abort(new FleetError('unavailable', 'The client was closed; the job goes on.')),
  };
}

/** An admin may ask about jobs of any class. */
function laneOf({ tenantId, queueClass }: JobRow): Lane {
  return { tenantId, queueClass };
}

/** A plain BullMQ client chooses the ids of its jobs in their lanes. */
function queueIdOf({ id, queueJobId }: JobRow): string {
  return queueJobId ?? id;
}

function upstreamOf<Data>({ name, upstream }: TaskContract<Data>): Upstream {
  if (upstream === undefined) throw new FleetError('configuration', `The task ${name} names no upstream.`);
  return upstream;
}
