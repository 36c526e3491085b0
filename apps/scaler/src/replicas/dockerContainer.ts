import { z } from 'zod';

/** A container as the engine lists it. */
export const listedContainer = z.object({
  Id: z.string(),
  State: z.string(),
  Labels: z.record(z.string(), z.string()),
});

/** A container as the engine describes it: what the workers after it are made from. */
export const inspectedContainer = z.object({
  Id: z.string(),
  Name: z.string(),
  /** Id of the image that it runs, whatever its tag means by now. */
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

/** What a new container is made of, and the networks that it must be on before it starts. */
export interface NewContainer {
  readonly name: string;
  readonly body: unknown;
  readonly networks: readonly { readonly network: string; readonly aliases: readonly string[] }[];
}

/** Labels by which Compose knows its containers. */
export const COMPOSE = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  number: 'com.docker.compose.container-number',
  oneOff: 'com.docker.compose.oneoff',
  replaces: 'com.docker.compose.replace',
} as const;

/** Number of a container within its service; 0 when it carries none. */
export function numberOf(container: { readonly Labels: Readonly<Record<string, string>> }): number {
  return Number(container.Labels[COMPOSE.number] ?? 0);
}

/** The lowest numbers from 1 on that are free. */
export function freeNumbers(taken: readonly number[], count: number): number[] {
  const free: number[] = [];
  for (let number = 1; free.length < count; number++) if (!taken.includes(number)) free.push(number);
  return free;
}

/**
 * The container with another number, otherwise the same: image, command, environment, limits, volumes, labels and
 * networks. What Docker gave the template because it is that container (its host name, its name on networks) is left
 * out. The image is the very one, too: a tag that was built anew is for `docker compose up` to bring in, which migrates first.
 * Compose takes the container for one of its own.
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
  // The network that the container is made on; engines before 25 take no other at its creation.
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
