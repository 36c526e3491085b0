export type {
  AcceptedJob,
  BatchResult,
  CancelledJob,
  DeadLetter,
  FinishedJob,
  JobDetail,
  JobError,
  JobState,
  JobSummary,
  QueueStatus,
  Schedule,
  ScheduleSummary,
  TaskInfo,
} from './answers.js';
export type { JobOptions, RunOptions, SubmitOptions } from './api/jobs.js';
export type { ScheduleOptions } from './api/schedules.js';
export type { WaitOptions } from './api/waitForJob.js';
export type { Client, ClientOptions } from './client.js';
export { createClient } from './client.js';
export type { JobEvent, TenantEvent } from './events.js';
export type { RetryOptions } from './http/retryPolicy.js';
export type { SluiceErrorCode } from './sluiceError.js';
export { SluiceError, SluiceJobError } from './sluiceError.js';
export type { TaskData, TaskName, TaskResult } from './taskTypes.js';
