import { z } from 'zod';

/** A container as listed by the engine. */
export const listedContainer = z.object({
  Id: z.string(),
  State: z.string(),
  Labels: z.record(z.string(), z.string()),
});

/** A container as inspected by the engine: the template for further workers. */
export const inspectedContainer = z.object({
  Id: z.string(),
  Name: z.string(),
  /** Id of the image that it runs, wherever its tag points by now. */
  Image: z.string(),
  Config: z.looseObject({
    Hostname: z.string().optional(),
    Labels: z.record(z.string(), z.string()),
    /** Seconds; Compose's `stop_grace_period`. */
    StopTimeout: z.int().min(0).nullish(),
  }),
  HostConfig: z.looseObject({ NetworkMode: z.string().optional() }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ Aliases: z.array(z.string()).nullish() })),
  }),
});

/** See `listedContainer`. */
export type ListedContainer = z.infer<typeof listedContainer>;

/** See `inspectedContainer`. */
export type InspectedContainer = z.infer<typeof inspectedContainer>;

/** The configuration of a new container, and the networks to connect it to before it starts. */
export interface NewContainer {
  readonly name: string;
  readonly body: unknown;
  readonly networks: readonly { readonly network: string; readonly aliases: readonly string[] }[];
}

/** Labels by which Compose identifies its containers. */
export const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  replaces: 'com.docker.compose.replace',
} as const;

/** Number of a container within its service; 0 when it has none. */
export function numberOf(container: { readonly Labels: Readonly<Record<string, string>> }): number {
  return Number(container.Labels[COMPOSE.number] ?? 0);
}

/** Returns the lowest free numbers, from 1. */
export function freeNumbers(taken: readonly number[], count: number): number[] {
  const free: number[] = [];
  for (let number = 1; free.length < count; number++) if (!taken.includes(number)) free.push(number);
  return free;
}

/**
 * Copies a container under another number: same image, command, environment, limits, volumes, labels and networks.
 * Values specific to the template's instance (its host name, its aliases on networks) are omitted. The image is the
 * same id as well: a rebuilt tag is left to `docker compose up`, which migrates first. Compose treats the copy as its
 * own.
 */
export function copyOf(template: InspectedContainer, number: number): NewContainer {
  const { Hostname, Labels, ...config } = template.Config;
  const { [COMPOSE.replaces]: _replaces, ...labels } = Labels;
  const name = `${labels[COMPOSE.project]}-${labels[COMPOSE.service]}-${number}`;
  const ownNames = [template.Name.replace(/^\//, ''), template.Id.slice(0, 12)];
  const networks = Object.entries(template.NetworkSettings.Networks).map(([network, { Aliases }]) => ({
    network,
    aliases: [name, ...(Aliases ?? []).filter((alias) => !ownNames.includes(alias))],
  }));
  // The network that the container is created on; engines before 25 accept only one at creation.
  const first = networks.find(({ network }) => network === template.HostConfig.NetworkMode) ?? networks[0];
  const body = {
    ...config,
    ...(Hostname === undefined || ownNames.includes(Hostname) ? {} : { Hostname }),
    Image: template.Image,
    Labels: { ...labels, [COMPOSE.number]: String(number) },
    HostConfig: template.HostConfig,
    ...(first === undefined
      ? {}
      : { NetworkingConfig: { EndpointsConfig: { [first.network]: { Aliases: first.aliases } } } }),
  };
  return { name, body, networks };
}
