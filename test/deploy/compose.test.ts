import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { shutdownSettings } from '@sluice/shared/config/fragments';
import { listSettings, loadConfig } from '@sluice/shared/config/setting';
import { describe, expect, it } from 'vitest';
import { PROCESS_NAMES, PROCESS_SETTINGS } from '../docs/processSettings.js';
import { REPOSITORY } from '../docs/repository.js';
import { compose, serviceNamed } from './composeFile.js';
import { localStartCommands } from './localProcesses.js';

const require = createRequire(import.meta.url);
const everyService = Object.keys(compose.services);
const SERVERS = ['redis', 'postgres'];
const ALL_READY = {
  redis: { condition: 'service_healthy' },
  postgres: { condition: 'service_healthy' },
  migrate: { condition: 'service_completed_successfully' },
};

describe('docker-compose.yml', () => {
  it('keeps the Compose Specification and the rules of dclint', () => {
    const program = join(dirname(require.resolve('dclint/package.json')), 'bin/dclint.cjs');
    const options = ['--config', 'test/deploy/dclint.json', '--max-warnings', '0'];
    const lint = spawnSync(process.execPath, [program, 'docker-compose.yml', ...options], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    expect(`${lint.stdout}${lint.stderr}`.trim()).toBe('');
    expect(lint.status).toBe(0);
  });

  it('holds the fleet, its two servers and the migration, and nothing else', () => {
    expect([...everyService].sort()).toEqual([...PROCESS_NAMES, ...SERVERS].sort());
  });

  it('starts every process with the very command that npm start and the tests use', async () => {
    const commands = Object.fromEntries(PROCESS_NAMES.map((name) => [name, serviceNamed(name).command]));
    const local = Object.entries(await localStartCommands()).map(([name, argv]) => [name, ['node', ...argv]]);
    expect(commands).toEqual(Object.fromEntries(local));
  });

  it('runs two workers and one of everything else', () => {
    for (const name of PROCESS_NAMES) {
      expect(serviceNamed(name).deploy.replicas, name).toBe(name === 'worker' ? 2 : 1);
    }
  });

  it('starts no process before Redis and PostgreSQL are healthy and the ledger is up to date', () => {
    for (const name of PROCESS_NAMES.filter((process) => process !== 'migrate')) {
      expect(serviceNamed(name).depends_on, name).toEqual(ALL_READY);
    }
    expect(serviceNamed('migrate').depends_on).toEqual({ postgres: ALL_READY.postgres });
  });

  it('asks everything that stays up whether it is well', () => {
    for (const name of everyService.filter((service) => service !== 'migrate')) {
      expect(serviceNamed(name).healthcheck?.test[0], name).toMatch(/^CMD(-SHELL)?$/);
    }
  });

  it('asks each process on the port that it is told to listen on', () => {
    for (const [name, variable] of Object.entries({
      producer: 'PORT',
      worker: 'OPS_PORT',
      scaler: 'OPS_PORT',
      dashboard: 'DASHBOARD_PORT',
    })) {
      const { environment, healthcheck } = serviceNamed(name);
      const url = `http://127.0.0.1:${environment[variable]}/readyz`;
      expect(healthcheck?.test, name).toEqual(['CMD', 'node', 'deploy/docker/ready.mjs', url]);
      expect(environment.HOST, name).toBe('0.0.0.0');
    }
  });

  it('sets nothing that the process does not know, and all that it needs', () => {
    for (const name of PROCESS_NAMES) {
      const { environment } = serviceNamed(name);
      const settings = listSettings(PROCESS_SETTINGS[name]);
      const known = new Set(settings.map(({ env }) => env));
      expect(
        Object.keys(environment).filter((variable) => !known.has(variable)),
        name,
      ).toEqual([]);
      const required = settings.filter(({ schema }) => !schema.safeParse(undefined).success).map(({ env }) => env);
      expect(
        required.filter((variable) => environment[variable] === undefined),
        name,
      ).toEqual([]);
    }
  });

  it('gives each process values that it accepts', () => {
    for (const name of PROCESS_NAMES) {
      const { environment } = serviceNamed(name);
      const given = Object.fromEntries(Object.entries(environment).map(([key, text]) => [key, withDefaults(text)]));
      expect(() => loadConfig(PROCESS_SETTINGS[name], given), name).not.toThrow();
    }
  });

  it('lets a process hand its jobs back before it is killed', () => {
    const { graceMs } = loadConfig(shutdownSettings, {});
    for (const name of PROCESS_NAMES) {
      const seconds = Number(/^(\d+)s$/.exec(serviceNamed(name).stop_grace_period)?.[1]);
      expect(seconds * 1_000, name).toBeGreaterThan(graceMs);
    }
  });

  it('starts again what ends by itself', () => {
    for (const name of everyService) {
      expect(serviceNamed(name).restart, name).toBe(name === 'migrate' ? 'on-failure:5' : 'unless-stopped');
    }
  });

  it('keeps Redis from losing or evicting jobs, and PostgreSQL and Redis on volumes', () => {
    const command = serviceNamed('redis').command?.join(' ');
    expect(command).toContain('--appendonly yes --appendfsync everysec');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(command).toContain('--hash-max-listpack-value 1024');
    expect(command).toMatch(/--maxmemory \S+/);
    expect(serviceNamed('redis').volumes).toContain('redis-data:/data');
    expect(serviceNamed('postgres').volumes).toContain('postgres-data:/var/lib/postgresql/data');
    expect(serviceNamed('worker').volumes).toEqual([`exports:${serviceNamed('worker').environment.EXPORTS_DIR}`]);
  });
});

describe('every container', () => {
  for (const name of everyService) {
    it(`${name} has a pinned image, a read-only root, no capabilities, and bounds`, () => {
      const service = serviceNamed(name);
      expect(service.image).toMatch(/^[a-z/-]+:\d+\.\d+[\w.-]*$/);
      expect(service.read_only).toBe(true);
      expect(service.tmpfs).toContain('/tmp');
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      expect(service.deploy.resources.limits.memory).not.toBe('');
    });
  }

  it('is one image for all of the fleet, built from this repository', () => {
    const built = PROCESS_NAMES.map((name) => serviceNamed(name)).map(({ image, build }) => ({ image, build }));
    expect(new Set(built.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(built[0]?.build).toEqual({ context: '.', dockerfile: 'deploy/docker/Dockerfile' });
  });

  it('of a server runs as a user other than root', () => {
    expect(SERVERS.map((name) => serviceNamed(name).user)).toEqual(SERVERS);
  });
});

describe('the network of the fleet', () => {
  it('is open to this machine alone, and only at the producer and the dashboard', () => {
    const open = everyService.filter((name) => serviceNamed(name).ports.length > 0);
    expect(open.sort()).toEqual(['dashboard', 'producer']);
    for (const port of open.flatMap((name) => serviceNamed(name).ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('shuts the servers, the scaler and the migration off from the outside', () => {
    expect(compose.networks.data?.internal).toBe(true);
    for (const name of [...SERVERS, 'scaler', 'migrate']) expect(serviceNamed(name).networks, name).toEqual(['data']);
  });
});

describe('secrets', () => {
  it('are never written into the file: a missing one stops the start with a sentence', () => {
    const values = everyService.flatMap((name) => Object.entries(serviceNamed(name).environment));
    const secret = values.filter(([variable]) => /PASSWORD|SECRET|_KEY$|DATABASE_URL/.test(variable));
    expect(secret.length).toBeGreaterThan(0);
    for (const [variable, value] of secret) expect(value, variable).toMatch(/\$\{[A-Z_]+_PASSWORD:\?Set /);
    expect(compose.secrets.operator_key?.file).toMatch(/^\$\{SLUICE_OPERATOR_KEY_FILE:\?Set /);
  });

  it('give each process a user of its own on Redis, and all of them an ordinary role on PostgreSQL', () => {
    for (const name of PROCESS_NAMES) {
      const { REDIS_URL, DATABASE_URL } = serviceNamed(name).environment;
      const user = `redis://${name}:\${REDIS_${name.toUpperCase()}_PASSWORD}@`;
      expect(REDIS_URL?.startsWith(user) ?? name === 'migrate', name).toBe(true);
      expect(DATABASE_URL?.startsWith('postgres://sluice_app:') ?? name === 'dashboard', name).toBe(true);
    }
  });

  it('reach only the two processes that know the operator', () => {
    const told = everyService.filter((name) => serviceNamed(name).secrets.includes('operator_key'));
    expect(told.sort()).toEqual(['dashboard', 'producer']);
    for (const name of told) {
      expect(serviceNamed(name).environment.SLUICE_OPERATOR_KEY_FILE, name).toBe('/run/secrets/operator_key');
    }
  });
});

/** A value with each `${NAME:-default}` at its default, and each `${NAME:?message}` at some text. */
function withDefaults(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/\$\{\w+:\?[^}]*\}/g, 'given');
}
