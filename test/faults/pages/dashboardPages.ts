import { z } from 'zod';
import { until } from '../../support/until.js';
import type { Caller } from '../load/caller.js';
import type { Member } from '../stand/member.js';
import type { AskedPage, PageLook } from './pageLook.js';
import { judgePages } from './pageLook.js';
import { readPage } from './readPage.js';

/** Dependencies of the inspection. */
export interface DashboardPagesParts {
  readonly dashboard: Member;
  readonly operatorKey: string;
  readonly callers: readonly Caller[];
}

/** Inspects the dashboard; keeps the operator's session between inspections. */
export type LookAtDashboard = (parts: DashboardPagesParts) => Promise<PageLook>;

/** Public pages. */
const OPEN_PAGES = ['/login', '/logout', '/livez', '/readyz', '/metrics'];

/** Jobs per lane whose own pages are opened. */
const JOBS_PER_LANE = 2;

/** How long a dashboard may take to respond after its Redis was down, in ms. */
const PATIENCE_MS = 60_000;

const lanesSchema = z.object({
  queues: z.array(z.object({ name: z.string(), jobs: z.array(z.object({ id: z.string().nullish() })) })),
});

/**
 * Creates an inspection: the operator opens every lane and some jobs; a tenant tries the same with its own credential.
 */
export function createDashboardLook(): LookAtDashboard {
  let cookie: string | null = null;
  return async ({ dashboard, operatorKey, callers }) => {
    const front = await until('the dashboard answers', () => answering(dashboard), PATIENCE_MS);
    cookie ??= await until('the operator is logged in', () => logIn(front, operatorKey), PATIENCE_MS);
    const headers = { cookie, accept: '*/*' };
    const lanes = await until('the dashboard shows lanes', () => readLanes(front, headers), PATIENCE_MS);
    const { paths, pages } = await openLanes(front, headers, lanes);
    const asOperator = await openAll(front, ['/', ...paths], { headers, as: 'an operator' });
    // One tenant's attempt represents all: the dashboard treats them alike.
    const tries = await Promise.all(callers.slice(0, 1).map((caller) => openAsTenant(front, caller, ['/', ...paths])));
    const refused = await tryToLogIn(front, callers);
    const look = judgePages([...pages, ...asOperator, ...tries.flatMap(({ asked }) => asked)]);
    return { pages: look.pages, amiss: [...look.amiss, ...tries.flatMap(({ amiss }) => amiss), ...refused] };
  };
}

async function answering(dashboard: Member): Promise<string | null> {
  const url = dashboard.url();
  const ready = url === null ? null : await readPage(`${url}/readyz`);
  return ready?.status === 200 ? url : null;
}

async function logIn(front: string, key: string): Promise<string | null> {
  const answer = await readPage(`${front}/login`, {
    method: 'POST',
    headers: { origin: front },
    body: new URLSearchParams({ key }),
  });
  return answer?.headers.get('set-cookie')?.split(';')[0] ?? null;
}

/** The lanes shown; null when there are none, since inspecting none would find nothing. */
async function readLanes(front: string, headers: Record<string, string>): Promise<string[] | null> {
  const overview = await readPage(`${front}/api/queues?page=1&jobsPerPage=10`, { headers });
  if (overview?.status !== 200) return null;
  const { queues } = lanesSchema.parse(JSON.parse(overview.text));
  return queues.length === 0 ? null : queues.map(({ name }) => name);
}

/** Opens every lane's page of jobs, with the paths of some jobs on each. */
async function openLanes(
  front: string,
  headers: Record<string, string>,
  lanes: readonly string[],
): Promise<{ paths: string[]; pages: AskedPage[] }> {
  const paths: string[] = [];
  const pages: AskedPage[] = [];
  for (const name of lanes) {
    const path = `/api/queues?activeQueue=${name}&status=latest&page=1&jobsPerPage=50`;
    const seen = await readPage(front + path, { headers });
    pages.push({ name: path, as: 'an operator', tenantId: null, seen });
    paths.push(path);
    if (seen?.status !== 200) continue;
    const jobs = lanesSchema.parse(JSON.parse(seen.text)).queues.find((lane) => lane.name === name)?.jobs ?? [];
    const ids = jobs.flatMap(({ id }) => id ?? []).slice(0, JOBS_PER_LANE);
    paths.push(...ids.flatMap((id) => [`/api/queues/${name}/${id}`, `/api/queues/${name}/${id}/logs`]));
  }
  return { paths, pages };
}

async function openAll(
  front: string,
  paths: readonly string[],
  { headers, as }: { readonly headers: Record<string, string>; readonly as: string },
): Promise<AskedPage[]> {
  // Payloads are hidden unless a setting shows them, so not even an operator sees a canary.
  return Promise.all(
    paths.map(async (name) => ({ name, as, tenantId: null, seen: await readPage(front + name, { headers }) })),
  );
}

/** A tenant's credential opens the login, and nothing behind it. */
async function openAsTenant(
  front: string,
  { tenantId, token }: Caller,
  paths: readonly string[],
): Promise<{ asked: AskedPage[]; amiss: string[] }> {
  const headers = { authorization: `Bearer ${token}`, cookie: `sluice_session=${token}`, accept: 'text/html' };
  const open = await openAll(front, OPEN_PAGES, { headers, as: tenantId });
  const asked = await openAll(front, paths, { headers, as: tenantId });
  const amiss = asked.flatMap(({ name, seen }) =>
    seen === null || [303, 401].includes(seen.status) ? [] : [`${name} answers ${tenantId} with ${seen.status}`],
  );
  return { asked: [...open, ...asked], amiss };
}

/** One tenant tries its own key as the operator's; further attempts would only be rate-limited. */
async function tryToLogIn(front: string, callers: readonly Caller[]): Promise<string[]> {
  const [caller] = callers;
  const cookie = caller === undefined ? null : await logIn(front, caller.token);
  return cookie === null ? [] : [`the dashboard let ${caller?.tenantId} in as an operator`];
}
