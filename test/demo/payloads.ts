import { createRequire } from 'node:module';
import { TENANT_ID } from '@sluice/shared/contracts/tenant';
import { z } from 'zod';

/** A real webhook payload of GitHub, as its documentation shows it. */
export interface ExamplePayload {
  /** Kind of event, such as `push`. */
  readonly event: string;
  /** Login of whoever owns the repository or organization; without one, of the sender. */
  readonly owner: string;
  readonly payload: Record<string, unknown>;
}

/** Owner of the few payloads that name neither an owner nor a sender. */
export const NO_OWNER = 'unowned';

const account = z.object({ login: z.string().min(1) }).optional();
const ownedSchema = z.object({
  repository: z.object({ owner: account }).optional(),
  organization: account,
  sender: account,
});
const kindsSchema = z.array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }));

/** Every payload of the package `@octokit/webhooks-examples`: 329 of 58 kinds. */
export function loadPayloads(): ExamplePayload[] {
  const require = createRequire(import.meta.url);
  const kinds = kindsSchema.parse(require('@octokit/webhooks-examples'));
  return kinds.flatMap(({ name, examples }) =>
    examples.map((payload) => ({ event: name, owner: ownerOf(payload), payload })),
  );
}

/** Who owns what a payload tells of. */
export function ownerOf(payload: unknown): string {
  const { repository, organization, sender } = ownedSchema.parse(payload);
  return repository?.owner?.login ?? organization?.login ?? sender?.login ?? NO_OWNER;
}

/** A tenant id for every owner, in the order given: its name in the grammar of tenants, numbered where two meet. */
export function toTenantIds(owners: Iterable<string>): Map<string, string> {
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const owner of owners) {
    if (ids.has(owner)) continue;
    const id = freeId(slugOf(owner), taken);
    taken.add(id);
    ids.set(owner, id);
  }
  return ids;
}

function slugOf(owner: string): string {
  const slug = trimmed(owner.toLowerCase().replace(/[^a-z0-9]+/g, '-'), 63);
  if (slug === '') return 'tenant';
  return TENANT_ID.test(slug) ? slug : `${slug}-1`;
}

function freeId(slug: string, taken: ReadonlySet<string>): string {
  for (let number = 2, id = slug; ; number++) {
    if (!taken.has(id)) return id;
    id = `${trimmed(slug, 57)}-${number}`;
  }
}

function trimmed(text: string, length: number): string {
  return text.replace(/^-+/, '').slice(0, length).replace(/-+$/, '');
}
