import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Buckets for waits: under an hourly quota a job can wait for hours. */
const WAIT_SECONDS = [...SECONDS, 900, 1_800, 3_600, 7_200, 14_400];

/**
 * Every metric of the fleet. Labels are bounded: never an id, and a tenant only where `domain/shownTenants.ts` limits
 * their number.
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
  readonly passSeconds: Histogram;
  readonly jobsRequeued: Counter<'reason'>;
  readonly rowsSwept: Counter;
  readonly bucketsLost: Counter;
  readonly rebuildRunning: Gauge;
  readonly rebuildSeconds: Histogram;
  readonly lanesRetired: Counter;
  readonly replicasDesired: Gauge;
  readonly streamsOpen: Gauge;
  readonly streamsDropped: Counter;
  /** The six metrics of the requirement, with its names and label; see docs/deploying.md. */
  readonly tenantQueueLength: Gauge<'tenant_id'>;
  readonly tenantWaitPercentiles: Gauge<'tenant_id' | 'percentile'>;
  readonly tenantProcessingSeconds: Histogram<'tenant_id'>;
  readonly tenantSuccessRate: Gauge<'tenant_id'>;
  readonly tenantRetries: Counter<'tenant_id'>;
  readonly tenantWorkersActive: Gauge<'tenant_id'>;
  /** In addition to the six: waits as a histogram that can be aggregated over workers. */
  readonly tenantWaitSeconds: Histogram<'tenant_id'>;
}

/** The metrics of a process, including Node's own. */
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
    'Desired worker processes; reported by the leading scaler',
  );
  // A new gauge reports 0, which an autoscaler would act on: report nothing until it is set.
  replicasDesired.remove();
  return {
    registry,
    jobsAccepted: counter('sluice_jobs_accepted_total', 'Jobs accepted', ['task', 'durability']),
    jobsUnqueued: counter('sluice_jobs_accepted_unqueued_total', 'Jobs accepted while Redis could not take them'),
    redisMemoryShare: gauge(
      'sluice_redis_memory_share',
      'Memory use of the fullest Redis server, as a share of its maxmemory, 0 to 1',
    ),
    jobsRefused: counter('sluice_requests_refused_total', 'Requests refused, by error code', ['code']),
    httpSeconds: seconds('sluice_http_request_seconds', 'Response time of HTTP requests', [
      'method',
      'route',
      'status',
    ]),
    attemptsEnded: counter('sluice_attempts_total', 'Finished attempts, by outcome', ['task', 'outcome']),
    unknownTasks: counter(
      'sluice_unknown_task_total',
      'Attempts put back because this worker has no handler for the task, or its schema refuses the data',
      ['reason'],
    ),
    attemptSeconds: seconds('sluice_attempt_seconds', 'Duration of attempts', ['task']),
    waitSeconds: seconds('sluice_job_wait_seconds', 'Queue wait (accepted to first start)', ['task'], WAIT_SECONDS),
    circuitChanges: counter('sluice_circuit_changes_total', 'State changes of circuits, by upstream', [
      'upstream',
      'to',
    ]),
    lanesOpen: gauge('sluice_lanes_open', 'Lanes open in this process'),
    slotsHeld: gauge('sluice_slots_held', 'Slots held by this process'),
    jobsRunning: gauge('sluice_jobs_running', 'Jobs running in this process'),
    clockSkewSeconds: gauge(
      'sluice_clock_skew_seconds',
      "Offset of this machine's clock from Redis's; positive when ahead",
    ),
    scalingDecisions: counter('sluice_scaling_decisions_total', "Changes of tenants' desired slots", ['change']),
    decisionsRefused: counter(
      'sluice_scaling_refused_total',
      'Slot changes refused because a newer leader had written',
    ),
    slotsDesired: gauge('sluice_slots_desired', 'Desired slots, over all tenants'),
    jobsWaiting: gauge('sluice_jobs_waiting', 'Due jobs waiting, over all tenants'),
    longestWaitSeconds: gauge(
      'sluice_wait_longest_seconds',
      'Longest wait so far of any job that is first in its lane',
    ),
    leading: gauge('sluice_scaler_leading', '1 in the leading scaler, else 0'),
    passSeconds: seconds('sluice_scaler_look_seconds', 'Duration of one scaling pass'),
    jobsRequeued: counter('sluice_jobs_requeued_total', 'Jobs missing from Redis that were added again', ['reason']),
    rowsSwept: counter('sluice_rows_swept_total', 'Unfinished rows of the ledger compared with Redis'),
    bucketsLost: counter('sluice_redis_buckets_lost_total', 'Buckets found to have lost their data in Redis'),
    rebuildRunning: gauge('sluice_rebuild_running', '1 while a full comparison of Redis with the ledger runs'),
    rebuildSeconds: seconds('sluice_rebuild_seconds', 'Duration of full comparisons of Redis with the ledger'),
    lanesRetired: counter('sluice_lanes_retired_total', 'Unused lanes retired'),
    replicasDesired,
    streamsOpen: gauge('sluice_streams_open', 'Open event streams'),
    streamsDropped: counter('sluice_streams_dropped_total', 'Event streams closed because the client did not read'),
    ...tenantMetrics({ counter, gauge, seconds }),
  };
}

interface Makers {
  readonly counter: (name: string, help: string, labelNames: 'tenant_id'[]) => Counter<'tenant_id'>;
  readonly gauge: <Label extends string>(name: string, help: string, labelNames: Label[]) => Gauge<Label>;
  readonly seconds: (name: string, help: string, of: 'tenant_id'[], buckets?: number[]) => Histogram<'tenant_id'>;
}

/** Metrics per tenant, over all of the tenant's lanes. */
function tenantMetrics({ counter, gauge, seconds }: Makers) {
  const label: 'tenant_id'[] = ['tenant_id'];
  return {
    tenantQueueLength: gauge('ga4_queue_length', 'Due jobs waiting, of the tenant', label),
    tenantWaitPercentiles: gauge(
      'ga4_queue_wait_time_seconds',
      'Recent percentile of the queue wait (accepted to first start), this process',
      ['tenant_id', 'percentile'],
    ),
    tenantWaitSeconds: seconds(
      'ga4_queue_wait_time_histogram_seconds',
      'Queue wait (accepted to first start)',
      label,
      WAIT_SECONDS,
    ),
    tenantProcessingSeconds: seconds('ga4_queue_processing_duration_seconds', 'Duration of attempts', label),
    tenantSuccessRate: gauge('ga4_queue_success_rate', 'Recent share of finished jobs that completed, 0 to 1', label),
    tenantRetries: counter('ga4_queue_retry_count', 'Attempts followed by a retry', label),
    tenantWorkersActive: gauge('ga4_workers_active', 'Slots of the tenant that are running jobs', label),
  };
}
