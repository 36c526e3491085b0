import type { Database } from '@sluice/fleet/postgres/connect';
import type { UnfinishedRow } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { listUnfinishedTenants, readUnfinishedRows } from '@sluice/fleet/postgres/queries/unfinishedRows';
import { bucketOf } from '@sluice/shared/domain/lane';

/** Tenants per statement. */
const TENANTS_PER_READ = 500;

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** Which unfinished jobs to read. */
export interface PageWish {
  /** Only those of tenants in these buckets; all when omitted. */
  readonly buckets?: ReadonlySet<number>;
  readonly rowsPerPage: number;
}

/**
 * Yields all unfinished jobs, tenant by tenant, each tenant's in order of acceptance. Jobs accepted meanwhile may be
 * included.
 */
export async function* unfinishedPages(
  db: Database,
  { buckets, rowsPerPage }: PageWish,
): AsyncGenerator<readonly UnfinishedRow[]> {
  let from = '';
  for (;;) {
    const tenants = await listUnfinishedTenants(db, from, TENANTS_PER_READ);
    yield* readTenants(
      db,
      tenants.filter((tenant) => buckets?.has(bucketOf(tenant)) ?? true),
      rowsPerPage,
    );
    const last = tenants.at(-1);
    if (last === undefined || tenants.length < TENANTS_PER_READ) return;
    from = behind(last);
  }
}

/** Reads one page ahead, so that the ledger works while the caller does. */
export async function* readAhead<Page>(pages: AsyncGenerator<Page>): AsyncGenerator<Page> {
  const read = (): Promise<IteratorResult<Page>> => {
    const next = pages.next();
    // A failure is thrown when the page is requested; if none is requested any more, it does not matter.
    next.catch(() => undefined);
    return next;
  };
  let next = read();
  for (;;) {
    const page = await next;
    if (page.done === true) return;
    next = read();
    yield page.value;
  }
}

/** Returns the string that sorts right after a tenant's id, which contains no such character. */
function behind(tenantId: string): string {
  return `${tenantId}\u0001`;
}

async function* readTenants(
  db: Database,
  tenants: readonly string[],
  limit: number,
): AsyncGenerator<readonly UnfinishedRow[]> {
  let left = tenants;
  let afterId = FIRST_ID;
  while (left.length > 0) {
    const page = await readUnfinishedRows(db, left, { afterId, limit });
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    left = left.slice(left.indexOf(last.tenantId));
    afterId = last.id;
  }
}
