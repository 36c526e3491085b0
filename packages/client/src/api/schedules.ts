import type { Schedule, ScheduleSummary } from '../answers.js';
import type { Transport } from '../http/transport.js';
import { SluiceError } from '../sluiceError.js';
import type { TaskData, TaskRef } from '../taskTypes.js';
import { nameOfTask } from '../taskTypes.js';
import type { CreateOptions, JobOptions, RequestOptions } from './jobs.js';
import { readPages } from './pages.js';

/** When a schedule runs: by a cron expression or at an interval. */
export type ScheduleTimes =
  | {
      /** Five fields, or six with seconds first. */
      readonly cron: string;
      /** IANA name; UTC by default. */
      readonly timezone?: string | undefined;
      readonly everyMs?: undefined;
    }
  | { readonly everyMs: number; readonly cron?: undefined; readonly timezone?: undefined };

/** When a schedule runs, and what its jobs are like. */
export type ScheduleOptions = ScheduleTimes & Pick<JobOptions, 'priority' | 'attempts' | 'timeoutMs'> & CreateOptions;

/** Schedules of the tenant. Every method throws {@link SluiceError}. */
export interface Schedules<Tasks> {
  create<Ref extends TaskRef<Tasks>>(
    task: Ref,
    data: TaskData<Tasks, Ref>,
    options: ScheduleOptions,
  ): Promise<Schedule>;
  /** Schedules, newest first; reads further pages as it is iterated. */
  list(options?: RequestOptions & { readonly pageSize?: number }): AsyncGenerator<ScheduleSummary, void, undefined>;
  get(id: string, options?: RequestOptions): Promise<Schedule>;
  /** Deletes a schedule; a job that it has started goes on. */
  delete(id: string, options?: RequestOptions): Promise<void>;
}

/** Schedules by HTTP. */
export function createSchedules<Tasks>(transport: Transport): Schedules<Tasks> {
  const path = '/api/v1/schedules';
  const pathOf = (id: string): string => `${path}/${encodeURIComponent(id)}`;
  return {
    create(task, data, { signal, idempotencyKey = transport.runtime.newKey(), ...options }) {
      const body = { ...options, task: nameOfTask(task), data };
      return transport.call({ method: 'POST', path, body, idempotencyKey, signal });
    },
    list({ signal, pageSize } = {}) {
      return readPages(transport, { path, query: { limit: pageSize }, signal }, 'schedules');
    },
    get: (id, { signal } = {}) => transport.call({ method: 'GET', path: pathOf(id), signal }),
    async delete(id, { signal } = {}) {
      try {
        await transport.call({ method: 'DELETE', path: pathOf(id), signal });
      } catch (error) {
        // A repetition that does not find it: the first request deleted it, and its answer was lost.
        if (!(error instanceof SluiceError) || error.status !== 404 || error.attempts === 1) throw error;
      }
    },
  };
}
