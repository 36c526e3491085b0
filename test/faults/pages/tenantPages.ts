import { z } from 'zod';
import type { Entry } from '../load/book.js';
import type { Caller } from '../load/caller.js';
import type { Stand } from '../stand/stand.js';
import type { AskedPage, PageLook } from './pageLook.js';
import { judgePages } from './pageLook.js';
import { readPage } from './readPage.js';

/** Dependencies of the inspection. */
export interface TenantPagesParts {
  readonly stand: Stand;
  readonly callers: readonly Caller[];
  readonly entries: readonly Entry[];
}

/** Pages of a producer that its API document omits. */
const UNDOCUMENTED = ['/docs', '/docs/json', '/docs/static/index.html'];

/** Operational pages of every process; no payload may appear there. */
const OPS_PAGES = ['/livez', '/readyz', '/metrics'];

const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Opens, as each tenant, every page with its own ids and with those of others. */
export async function lookAsTenants({ stand, callers, entries }: TenantPagesParts): Promise<PageLook> {
  const [front = ''] = stand.fronts;
  const routes = await readRoutes(front);
  const asked = await Promise.all(
    callers.map(async (caller): Promise<AskedPage[]> => {
      const { tenantId, token } = caller;
      const paths = routes.flatMap((route) => fill(route, caller, entries));
      const own = [...paths, ...UNDOCUMENTED].map((path) => ({ url: front + path, tenantId }));
      const ops = stand.posts.flatMap(({ member }) => {
        const url = member.url();
        return url === null ? [] : OPS_PAGES.map((path) => ({ url: url + path, tenantId: null }));
      });
      return Promise.all(
        [...own, ...ops].map(async ({ url, tenantId: mayBeOf }) => {
          const seen = await readPage(url, { headers: { authorization: `Bearer ${token}`, accept: '*/*' } });
          return { name: url, as: tenantId, tenantId: mayBeOf, seen };
        }),
      );
    }),
  );
  return judgePages(asked.flat());
}

/** The GET routes in the API document, so that new routes are inspected as well. */
async function readRoutes(front: string): Promise<string[]> {
  const document = await readPage(`${front}/docs/json`);
  if (document === null) return [];
  const { paths } = documentSchema.parse(JSON.parse(document.text));
  return Object.entries(paths).flatMap(([path, methods]) => (Object.hasOwn(methods, 'get') ? [path] : []));
}

/** A route filled in with the tenant's own ids, and with another tenant's. */
function fill(route: string, { tenantId }: Caller, entries: readonly Entry[]): string[] {
  if (!route.includes('{')) return [route];
  const latest = entries.filter(({ ids }) => ids.length > 0).slice(-200);
  const own = latest.find((entry) => entry.tenantId === tenantId);
  const foreign = latest.find((entry) => entry.tenantId !== tenantId);
  const isTenants = route.includes('/tenants/{id}');
  return [own, foreign].flatMap((entry) => {
    const id = isTenants ? entry?.tenantId : entry?.ids[0];
    return id === undefined ? [] : [route.replace(/\{\w+\}/g, id)];
  });
}
