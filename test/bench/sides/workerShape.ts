import { z } from 'zod';

const count = z.coerce.number().int().positive();

const environmentSchema = z.object({
  REDIS_URL: z.string(),
  PREFIX: z.string(),
  TENANTS: count,
  CAPACITY: count,
  SLOTS: count,
  SLOT_CONCURRENCY: count,
  SERVICE_MS: z.coerce.number().nonnegative(),
});

/** What a worker process runs, and how much of it at a time. */
export interface WorkerShape {
  readonly tenants: number;
  /** Jobs that our process runs at a time over all tenants; a bare one has no such bound. */
  readonly capacity: number;
  /** Slots of each tenant. A tenant runs `slots x slotConcurrency` jobs at a time, which is a bare Worker's concurrency. */
  readonly slots: number;
  readonly slotConcurrency: number;
  /** How long each job takes, in ms. */
  readonly serviceMs: number;
}

/** A worker process's part of a bench, as it is told by its environment. */
export interface WorkerPart {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly shape: WorkerShape;
}

/** The environment that tells a worker process its part. */
export function toEnvironment({ redisUrl, prefix, shape }: WorkerPart): Record<string, string> {
  return {
    REDIS_URL: redisUrl,
    PREFIX: prefix,
    TENANTS: String(shape.tenants),
    CAPACITY: String(shape.capacity),
    SLOTS: String(shape.slots),
    SLOT_CONCURRENCY: String(shape.slotConcurrency),
    SERVICE_MS: String(shape.serviceMs),
  };
}

/** Reads a worker process's part from its environment. */
export function readWorkerPart(environment: Readonly<Record<string, string | undefined>>): WorkerPart {
  const told = environmentSchema.parse(environment);
  return {
    redisUrl: told.REDIS_URL,
    prefix: told.PREFIX,
    shape: {
      tenants: told.TENANTS,
      capacity: told.CAPACITY,
      slots: told.SLOTS,
      slotConcurrency: told.SLOT_CONCURRENCY,
      serviceMs: told.SERVICE_MS,
    },
  };
}
