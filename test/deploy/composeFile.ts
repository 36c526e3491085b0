import { parse } from 'yaml';
import { z } from 'zod';
import { textOf } from '../docs/repository.js';

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  restart: z.string(),
  stop_grace_period: z.string(),
  read_only: z.boolean(),
  privileged: z.never().optional(),
  network_mode: z.never().optional(),
  pid: z.never().optional(),
  cap_add: z.never().optional(),
  tmpfs: z.array(z.string()),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  deploy: z.object({
    replicas: z.int().optional(),
    resources: z.object({ limits: z.object({ memory: z.string() }) }),
  }),
});

const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

/** A service of the compose file, as far as the tests look at it. */
export type ComposeService = z.infer<typeof serviceSchema>;

/** The compose file with its anchors merged and its variables as they are written. */
export const compose = composeSchema.parse(parse(textOf('docker-compose.yml'), { merge: true }));

/** A service by its name. */
export function serviceNamed(name: string): ComposeService {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}
