import { randomBytes } from 'node:crypto';
import type { StubAnswer, StubCall } from './faultyServer.js';

/** A container of the stubbed engine. */
export interface StubContainer {
  readonly id: string;
  readonly name: string;
  state: 'created' | 'running' | 'exited';
  readonly config: Record<string, unknown> & { readonly Labels: Record<string, string> };
  readonly hostConfig: unknown;
  /** Aliases by network. */
  readonly networks: Map<string, readonly string[]>;
}

/** A stubbed engine: as much of its API as starts and stops containers. */
export interface DockerEngine {
  readonly containers: Map<string, StubContainer>;
  /** Grace of every stop that was asked for, in seconds as it was sent; null when none was. */
  readonly graces: readonly (string | null)[];
  handle(call: StubCall): Promise<StubAnswer>;
  /** Adds a container as Compose does, running. */
  composeUp(number: number): StubContainer;
  holdJobs(): void;
  releaseJobs(): void;
  interrupted(): number;
}

const LABELS = {
  'com.docker.compose.project': 'sluice',
  'com.docker.compose.service': 'worker',
  'com.docker.compose.oneoff': 'False',
  'com.docker.compose.config-hash': 'c0ffee',
};

/** What the tag of the workers' image meant when they were made. */
export const IMAGE_ID = 'sha256:feedc0de';

/** Version 1.43 of the API, that of Docker 24: it refuses newer ones, and more than one network at a creation. */
const API_VERSION = '1.43';

/** Starts with nothing. */
export function createDockerEngine(): DockerEngine {
  const containers = new Map<string, StubContainer>();
  const graces: (string | null)[] = [];
  let held = false;
  let interrupted = 0;
  let ended: (() => void)[] = [];

  function add(container: Omit<StubContainer, 'id' | 'state'>): StubContainer {
    const added: StubContainer = { ...container, id: randomBytes(32).toString('hex'), state: 'created' };
    containers.set(added.id, added);
    return added;
  }

  function list({ query }: StubCall): StubAnswer {
    const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
    const isWanted = ({ config }: StubContainer): boolean =>
      label.every((one) => {
        const [name = '', value] = one.split('=');
        return config.Labels[name] === value;
      });
    const found = [...containers.values()].filter(isWanted);
    const shown = query.get('all') === 'true' ? found : found.filter(({ state }) => state === 'running');
    return {
      status: 200,
      body: shown.map(({ id, name, state, config }) => ({
        Id: id,
        Names: [`/${name}`],
        State: state,
        Labels: config.Labels,
      })),
    };
  }

  function create({ query, body }: StubCall): StubAnswer {
    const name = query.get('name') ?? '';
    if ([...containers.values()].some((other) => other.name === name)) {
      return { status: 409, body: { message: `Conflict. The container name "/${name}" is already in use` } };
    }
    const { HostConfig, NetworkingConfig, ...config } = body as StubContainer['config'] & {
      readonly HostConfig: unknown;
      readonly NetworkingConfig?: { readonly EndpointsConfig: Record<string, { readonly Aliases: string[] }> };
    };
    const endpoints = Object.entries(NetworkingConfig?.EndpointsConfig ?? {});
    const { NetworkMode = 'bridge' } = HostConfig as { NetworkMode?: string };
    if (endpoints.some(([network]) => network !== NetworkMode))
      return { status: 400, body: { message: 'Container cannot be connected to all of them' } };
    const networks = new Map(endpoints.map(([network, { Aliases }]) => [network, Aliases]));
    const { id } = add({ name, config, hostConfig: HostConfig, networks });
    return { status: 201, body: { Id: id, Warnings: [] } };
  }

  function inspect({ id, name, config, hostConfig, networks }: StubContainer): StubAnswer {
    const Networks = Object.fromEntries([...networks].map(([network, aliases]) => [network, { Aliases: aliases }]));
    const Config = { Hostname: id.slice(0, 12), ...config };
    return {
      status: 200,
      body: {
        Id: id,
        Name: `/${name}`,
        Image: IMAGE_ID,
        Config,
        HostConfig: hostConfig,
        NetworkSettings: { Networks },
      },
    };
  }

  async function stop(container: StubContainer, { query }: StubCall): Promise<StubAnswer> {
    if (container.state !== 'running') return { status: 304 };
    graces.push(query.get('t'));
    if (held && query.get('t') === '0') interrupted++;
    else if (held) await new Promise<void>((resolve) => ended.push(resolve));
    container.state = 'exited';
    return { status: 204 };
  }

  function remove(container: StubContainer, { query }: StubCall): StubAnswer {
    if (container.state === 'running' && query.get('force') !== 'true') {
      return { status: 409, body: { message: 'You cannot remove a running container' } };
    }
    if (container.state === 'running') interrupted++;
    containers.delete(container.id);
    return { status: 204 };
  }

  function connect(network: string, { body }: StubCall): StubAnswer {
    const { Container, EndpointConfig } = body as { Container: string; EndpointConfig: { Aliases: string[] } };
    const container = containers.get(Container);
    if (container === undefined) return { status: 404, body: { message: 'No such container' } };
    if (container.networks.has(network)) return { status: 403, body: { message: 'endpoint already exists' } };
    container.networks.set(network, EndpointConfig.Aliases);
    return { status: 200 };
  }

  async function act(container: StubContainer, verb: string, call: StubCall): Promise<StubAnswer> {
    switch (`${call.method} ${verb}`) {
      case 'GET json':
        return inspect(container);
      case 'POST start':
        if (container.state === 'running') return { status: 304 };
        container.state = 'running';
        return { status: 204 };
      case 'POST stop':
        return stop(container, call);
      case 'POST kill':
        interrupted++;
        container.state = 'exited';
        return { status: 204 };
      case 'DELETE ':
        return remove(container, call);
      default:
        return { status: 404, body: { message: 'page not found' } };
    }
  }

  return {
    containers,
    graces,
    async handle(call) {
      if (call.path === '/version') return { status: 200, body: { ApiVersion: API_VERSION, MinAPIVersion: '1.24' } };
      const [, version = '', kind, id = '', verb = ''] = call.path.split('/');
      if (version !== `v${API_VERSION}`)
        return { status: 400, body: { message: `client version ${version} is too new` } };
      if (kind === 'networks' && verb === 'connect') return connect(id, call);
      if (kind !== 'containers') return { status: 404, body: { message: 'page not found' } };
      if (id === 'json') return list(call);
      if (id === 'create') return create(call);
      const container = containers.get(id);
      if (container === undefined) return { status: 404, body: { message: `No such container: ${id}` } };
      return act(container, verb, call);
    },
    composeUp(number) {
      const name = `sluice-worker-${number}`;
      const added = add({
        name,
        config: {
          Image: 'sluice:0.1.0',
          Cmd: ['node', 'apps/worker/dist/bundle/main.js'],
          Env: ['REDIS_URL=redis://redis:6379'],
          StopTimeout: 30,
          Labels: { ...LABELS, 'com.docker.compose.container-number': String(number) },
        },
        hostConfig: { ReadonlyRootfs: true, CapDrop: ['ALL'], Memory: 536_870_912, NetworkMode: 'sluice_outward' },
        networks: new Map(),
      });
      for (const network of ['sluice_data', 'sluice_outward']) {
        added.networks.set(network, [name, 'worker', added.id.slice(0, 12)]);
      }
      added.state = 'running';
      return added;
    },
    holdJobs() {
      held = true;
    },
    releaseJobs() {
      held = false;
      for (const end of ended) end();
      ended = [];
    },
    interrupted: () => interrupted,
  };
}
