import { z } from 'zod';
import type { Entry } from '../load/book.js';
import type { Caller } from '../load/caller.js';
import type { Stand } from '../stand/stand.js';
import type { AskedPage, PageLook } from './pageLook.js';
import { judgePages } from './pageLook.js';
import { readPage } from './readPage.js';

/** What looking rests on. */
export interface TenantPagesParts {
  readonly stand: Stand;
  readonly callers: readonly Caller[];
  readonly entries: readonly Entry[];
}

/** Pages of a producer that its document leaves out. */
const UNDOCUMENTED = ['/docs', '/docs/json', '/docs/static/index.html'];

/** Pages that every process has for those who look after it; nobody's payload belongs there. */
const OPS_PAGES = ['/livez', '/readyz', '/metrics'];

const documentSchema = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Opens, as each tenant, every page that its credential may try: its own, and by the ids of others. */
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

/** What can be got, by the document of the API, so that a new route is looked at, too. */
async function readRoutes(front: string): Promise<string[]> {
  const document = await readPage(`${front}/docs/json`);
  if (document === null) return [];
  const { paths } = documentSchema.parse(JSON.parse(document.text));
  return Object.entries(paths).flatMap(([path, methods]) => (Object.hasOwn(methods, 'get') ? [path] : []));
}

/** A route with the ids of the tenant's own, and of another's. */
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
