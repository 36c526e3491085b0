import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Waits beside: a quota by the hour lets a job wait for hours. */
const WAIT_SECONDS = [...SECONDS, 900, 1_800, 3_600, 7_200, 14_400];

/**
 * Every metric of the fleet; a process registers the ones it is made with. Labels are bounded: never an id, and a tenant only
 * where `domain/shownTenants.ts` bounds them.
 */
export interface Metrics {
  readonly registry: Registry;
  readonly jobsAccepted: Counter<'task' | 'durability'>;
  readonly jobsUnqueued: Counter;
  readonly redisMemoryShare: Gauge;
  readonly jobsRefused: Counter<'code'>;
  readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  readonly attemptsEnded: Counter<'task' | 'outcome'>;
  readonly unknownTasks: Counter<'reason'>;
  readonly attemptSeconds: Histogram<'task'>;
  readonly waitSeconds: Histogram<'task'>;
  readonly circuitChanges: Counter<'upstream' | 'to'>;
  readonly lanesOpen: Gauge;
  readonly slotsHeld: Gauge;
  readonly jobsRunning: Gauge;
  readonly clockSkewSeconds: Gauge;
  readonly scalingDecisions: Counter<'change'>;
  readonly decisionsRefused: Counter;
  readonly slotsDesired: Gauge;
  readonly jobsWaiting: Gauge;
  readonly longestWaitSeconds: Gauge;
  readonly leading: Gauge;
  readonly lookSeconds: Histogram;
  readonly jobsRequeued: Counter<'reason'>;
  readonly rowsSwept: Counter;
  readonly bucketsLost: Counter;
  readonly rebuildRunning: Gauge;
  readonly rebuildSeconds: Histogram;
  readonly lanesRetired: Counter;
  readonly replicasDesired: Gauge;
  readonly streamsOpen: Gauge;
  readonly streamsDropped: Counter;
  /** The six of the requirement, by its names and its label; see docs/deploying.md. */
  readonly tenantQueueLength: Gauge<'tenant_id'>;
  readonly tenantWaitPercentiles: Gauge<'tenant_id' | 'percentile'>;
  readonly tenantProcessingSeconds: Histogram<'tenant_id'>;
  readonly tenantSuccessRate: Gauge<'tenant_id'>;
  readonly tenantRetries: Counter<'tenant_id'>;
  readonly tenantWorkersActive: Gauge<'tenant_id'>;
  /** Beside the six: the waits in a form that can be put together over workers. */
  readonly tenantWaitSeconds: Histogram<'tenant_id'>;
}

/** The metrics of a process, with Node's own. */
export function createMetrics(processName: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process: processName });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> =>
    new Gauge({ name, help, labelNames, registers });
  const seconds = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[] = [],
    buckets = SECONDS,
  ): Histogram<Label> => new Histogram({ name, help, labelNames, buckets, registers });
  const replicasDesired = gauge(
    'sluice_worker_replicas_desired',
    'Worker processes desired; told by the leading scaler',
  );
  // A new gauge says 0, which an autoscaler would take for a wish: it says nothing before it is set.
  replicasDesired.remove();
  return {
    registry,
    jobsAccepted: counter('sluice_jobs_accepted_total', 'Jobs accepted', ['task', 'durability']),
    jobsUnqueued: counter(
      'sluice_jobs_accepted_unqueued_total',
      'Jobs accepted while they could not be added to Redis',
    ),
    redisMemoryShare: gauge('sluice_redis_memory_share', 'Share of its maxmemory that the fullest Redis server uses'),
    jobsRefused: counter('sluice_requests_refused_total', 'Requests answered with a problem', ['code']),
    httpSeconds: seconds('sluice_http_request_seconds', 'Time to answer', ['method', 'route', 'status']),
    attemptsEnded: counter('sluice_attempts_total', 'Attempts by how they ended', ['task', 'outcome']),
    unknownTasks: counter(
      'sluice_unknown_task_total',
      'Attempts put back because this worker has no handler of the task, or its schema refuses the data',
      ['reason'],
    ),
    attemptSeconds: seconds('sluice_attempt_seconds', 'Time an attempt took', ['task']),
    waitSeconds: seconds('sluice_job_wait_seconds', 'Time from accepted to first started', ['task'], WAIT_SECONDS),
    circuitChanges: counter('sluice_circuit_changes_total', 'Changes of circuits of upstreams', ['upstream', 'to']),
    lanesOpen: gauge('sluice_lanes_open', 'Lanes that this process runs'),
    slotsHeld: gauge('sluice_slots_held', 'Slots that this process holds'),
    jobsRunning: gauge('sluice_jobs_running', 'Jobs that this process runs'),
    clockSkewSeconds: gauge('sluice_clock_skew_seconds', "How far this machine's clock is ahead of Redis's"),
    scalingDecisions: counter('sluice_scaling_decisions_total', "Changes of a tenant's slots", ['change']),
    decisionsRefused: counter('sluice_scaling_refused_total', 'Changes of slots refused because a later scaler leads'),
    slotsDesired: gauge('sluice_slots_desired', 'Slots desired over all tenants'),
    jobsWaiting: gauge('sluice_jobs_waiting', 'Due jobs that wait, over all tenants'),
    longestWaitSeconds: gauge('sluice_wait_longest_seconds', 'Age of the longest waiting job that is next in its lane'),
    leading: gauge('sluice_scaler_leading', '1 in the scaler that leads'),
    lookSeconds: seconds('sluice_scaler_look_seconds', 'Time of one look at the tenants'),
    jobsRequeued: counter('sluice_jobs_requeued_total', 'Jobs that Redis did not hold and were added again', [
      'reason',
    ]),
    rowsSwept: counter('sluice_rows_swept_total', 'Unfinished rows of the ledger that were compared with Redis'),
    bucketsLost: counter('sluice_redis_buckets_lost_total', 'Buckets of Redis that were found emptied'),
    rebuildRunning: gauge('sluice_rebuild_running', '1 while Redis is compared with the ledger at full speed'),
    rebuildSeconds: seconds('sluice_rebuild_seconds', 'Time of comparing Redis with the ledger at full speed'),
    lanesRetired: counter('sluice_lanes_retired_total', 'Lanes that were retired because nothing used them'),
    replicasDesired,
    streamsOpen: gauge('sluice_streams_open', 'Streams of events that are open'),
    streamsDropped: counter('sluice_streams_dropped_total', 'Streams ended because their reader did not read'),
    ...tenantMetrics({ counter, gauge, seconds }),
  };
}

interface Makers {
  readonly counter: (name: string, help: string, labelNames: 'tenant_id'[]) => Counter<'tenant_id'>;
  readonly gauge: <Label extends string>(name: string, help: string, labelNames: Label[]) => Gauge<Label>;
  readonly seconds: (name: string, help: string, of: 'tenant_id'[], buckets?: number[]) => Histogram<'tenant_id'>;
}

/** What is measured per tenant, over all of the tenant's queues. */
function tenantMetrics({ counter, gauge, seconds }: Makers) {
  const label: 'tenant_id'[] = ['tenant_id'];
  return {
    tenantQueueLength: gauge('ga4_queue_length', 'Due jobs of the tenant that wait', label),
    tenantWaitPercentiles: gauge(
      'ga4_queue_wait_time_seconds',
      'Time from accepted to first started that so many of a hundred did not exceed, of late, in this process',
      ['tenant_id', 'percentile'],
    ),
    tenantWaitSeconds: seconds(
      'ga4_queue_wait_time_histogram_seconds',
      'Time from accepted to first started',
      label,
      WAIT_SECONDS,
    ),
    tenantProcessingSeconds: seconds('ga4_queue_processing_duration_seconds', 'Time an attempt took', label),
    tenantSuccessRate: gauge('ga4_queue_success_rate', 'Share of ended jobs that completed, of late, 0 to 1', label),
    tenantRetries: counter('ga4_queue_retry_count', 'Attempts after which the job is to be tried again', label),
    tenantWorkersActive: gauge('ga4_workers_active', 'Slots of the tenant that run jobs', label),
  };
}
