import type { FeedWriter } from '@sluice/fleet/feed/feedWriter';
import { createJobEnds } from '@sluice/fleet/feed/jobEnds';
import type { Ledger } from '@sluice/fleet/postgres/ledger';
import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import { createLaneSchedulers } from '@sluice/fleet/queue/add/laneSchedulers';
import type { RedisService } from '@sluice/fleet/redis/connect';
import type { FleetKeys } from '@sluice/fleet/redis/keys';
import { createNoteUse } from '@sluice/fleet/submit/noteUse';
import type { EstimateReader } from '@sluice/fleet/wait/waitEstimates';
import type { Quotas } from '@sluice/limits';
import { addOpsRoutes } from '@sluice/shared/http/opsAnswers';
import { createReadiness } from '@sluice/shared/http/readiness';
import type { Log } from '@sluice/shared/lifecycle/service';
import type { Metrics } from '@sluice/shared/telemetry/metrics';
import type { TaskCatalogue } from '@sluice/tasks/internal';
import type { Accept } from './accept/accept.js';
import { createDirectAnswers } from './accept/ga4Direct.js';
import type { TaskChecks } from './accept/ga4Properties.js';
import { addGa4ReportRoute } from './accept/ga4ReportRoute.js';
import { addRetryRoute } from './accept/retryRoute.js';
import { addSubmitRoutes } from './accept/submitRoutes.js';
import { addDeleteTenantRoute } from './admin/deleteTenantRoute.js';
import { addFleetRoute } from './admin/fleetRoute.js';
import { addKeyRoutes } from './admin/keyRoutes.js';
import { addLimitsRoutes } from './admin/limitsRoutes.js';
import { addTenantRoutes } from './admin/tenantRoutes.js';
import { addWebhookSecretRoute } from './admin/webhookSecretRoute.js';
import { addAnalyticsRoutes } from './analytics/analyticsRoutes.js';
import { addCancelRoute } from './cancel/cancelRoute.js';
import type { ProducerConfig } from './config.js';
import { addDeadLetterRoutes } from './deadLetters/deadLetterRoutes.js';
import type { ApiServer } from './http/apiServer.js';
import type { AnswerError } from './http/errorHandling.js';
import { addErrorHandling } from './http/errorHandling.js';
import { addRequestSpans } from './http/requestSpans.js';
import { addDocs } from './ops/docs.js';
import { addHealthRoute } from './ops/healthRoute.js';
import { addRequestMetrics } from './ops/requestMetrics.js';
import { addReceive } from './receive/receive.js';
import { addCreateScheduleRoute } from './schedules/createScheduleRoute.js';
import { addScheduleRoutes } from './schedules/scheduleRoutes.js';
import { addJobRoutes } from './status/jobRoutes.js';
import { addQueueRoute } from './status/queueRoute.js';
import { addResultRoute } from './status/resultRoute.js';
import { addTasksRoute } from './status/tasksRoute.js';
import type { RedisCall } from './stores/redisCall.js';
import type { StreamDeps } from './streams/streamRoutes.js';
import { addStreamRoutes } from './streams/streamRoutes.js';

/** Dependencies of all routes. */
export interface RouteDeps {
  readonly config: ProducerConfig;
  readonly client: RedisService['client'];
  readonly keys: FleetKeys;
  readonly lanes: LaneQueues;
  readonly ledger: Ledger;
  readonly call: RedisCall;
  readonly estimates: EstimateReader;
  readonly tasks: TaskCatalogue;
  readonly quotas: Quotas;
  readonly accept: Accept;
  readonly checks: TaskChecks;
  readonly feed: FeedWriter;
  readonly streams: StreamDeps;
  readonly answerError: AnswerError;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => number;
}

/** Adds all hooks to the server, in the order in which requests pass them, and then every route. */
export async function addRoutes(server: ApiServer, deps: RouteDeps): Promise<void> {
  addRequestSpans(server);
  addRequestMetrics(server, deps.metrics, deps.log);
  addErrorHandling(server, deps.answerError);
  addReceive(server, deps);
  await addDocs(server);
  addJobApi(server, deps);
  addAdminApi(server, deps);
  addHealthRoute(server, deps);
  // Jobs are accepted without Redis, so readiness depends on the ledger only.
  const readiness = createReadiness({ database: () => deps.ledger((db) => db.$client.query('SELECT 1')) });
  addOpsRoutes(server, deps.metrics.registry, readiness);
}

function addJobApi(server: ApiServer, deps: RouteDeps): void {
  const { acceptor, answerAccepted } = deps.accept;
  const { tasks, checks } = deps;
  const requeue = { ledger: deps.ledger, lanes: deps.lanes, call: deps.call, acceptor };
  const submit = { acceptor, answerAccepted, tasks, noteUse: createNoteUse(deps) };
  addSubmitRoutes(server, submit);
  const { feed, present, places } = deps.streams;
  const direct = createDirectAnswers({
    tasks,
    lanes: deps.lanes,
    call: deps.call,
    estimates: deps.estimates,
    quotas: deps.quotas,
    places,
    ends: createJobEnds({ feed, present }),
    waitMs: deps.config.http.directWaitMs,
  });
  addGa4ReportRoute(server, { ...submit, direct, checks });
  addJobRoutes(server, deps);
  addStreamRoutes(server, deps.streams);
  addResultRoute(server, deps.ledger, deps.now);
  addCancelRoute(server, deps);
  addRetryRoute(server, requeue, answerAccepted);
  addQueueRoute(server, deps);
  addTasksRoute(server, tasks);
  addAnalyticsRoutes(server, deps);
  addDeadLetterRoutes(server, requeue, answerAccepted);
  const schedulers = createLaneSchedulers(deps.client, deps.keys, deps.lanes);
  addCreateScheduleRoute(server, { ...deps, schedulers, tasks });
  addScheduleRoutes(server, { ...deps, schedulers, tasks });
}

function addAdminApi(server: ApiServer, deps: RouteDeps): void {
  addTenantRoutes(server, deps);
  addDeleteTenantRoute(server, deps);
  addKeyRoutes(server, deps.ledger);
  addWebhookSecretRoute(server, deps.ledger);
  addLimitsRoutes(server, deps);
  addFleetRoute(server, deps);
}
