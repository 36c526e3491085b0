import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

/** One test file's own redis-server, on loopback. Its data is deleted when it stops. */
export interface RedisServer {
  readonly port: number;
  kill(signal: NodeJS.Signals): void;
  /** Stops it and removes its folder; safe when it has already ended. */
  stop(): Promise<void>;
}

interface Child {
  readonly child: { kill(signal: NodeJS.Signals): void };
  hasExited(): boolean;
  stop(): Promise<void>;
}

interface Program {
  readonly path: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** This file runs as test/support/redisServer.ts and as test/dist/support/redisServer.js. */
const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

/** Offset of the Cluster bus port from the server's port. */
const BUS_OFFSET = 10_000;

/**
 * Starts the same program as `npm test`, and resolves when it responds.
 * @param lines lines of its redis.conf; port and folder are added unless the lines set them
 * @throws Error when it is not available and cannot be fetched, or does not respond
 */
export async function startRedisServer(lines: readonly string[], ...args: readonly string[]): Promise<RedisServer> {
  const program = await findProgram();
  const port = portIn(lines) ?? (await freePortWithBus());
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'));
  const file = join(folder, 'redis.conf');
  await writeFile(file, [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...lines, ''].join('\n'));
  const { startChild } = await local<{ startChild(...all: readonly unknown[]): Promise<Child> }>('child.mjs');
  const child = await startChild(program.path, [file, ...args], {
    cwd: folder,
    env: { ...process.env, ...program.env },
    stdio: 'ignore',
  });
  const server: RedisServer = {
    port,
    kill: (signal) => child.child.kill(signal),
    async stop() {
      // A stopped process handles no other signal.
      child.child.kill('SIGCONT');
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await until('the redis-server answers', () => answers(port));
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The port in the configuration: a restarted server keeps its port. */
function portIn(lines: readonly string[]): number | undefined {
  const line = lines.findLast((one) => one.startsWith('port '));
  return line === undefined ? undefined : Number(line.slice('port '.length));
}

/** Whether the server responds; an error that requires a password counts as a response. */
async function answers(port: number): Promise<boolean> {
  const { probeRedis } = await local<{ probeRedis(url: string): Promise<{ kind: string }> }>('probe.mjs');
  const { kind } = await probeRedis(`redis://127.0.0.1:${port}`);
  return kind === 'ready' || kind === 'refuses';
}

async function findProgram(): Promise<Program> {
  const { findRedisProgram } = await local<{ findRedisProgram(context: unknown): Promise<Program | undefined> }>(
    'redisProgram.mjs',
  );
  const { createReport } = await local<{ createReport(): unknown }>('report.mjs');
  const repository = fileURLToPath(REPOSITORY);
  const home = process.env.SLUICE_HOME ?? join(repository, '.sluice');
  const program = await findRedisProgram({ env: process.env, home, repository, report: createReport() });
  if (program === undefined) throw new Error('There is no redis-server. Install one, or type: npm test');
  return program;
}

/** Below the ephemeral port range, from which a connection could take the bus port before the server starts. */
async function freePortWithBus(): Promise<number> {
  const { checkPort } = await local<{ checkPort(host: string, port: number): Promise<{ kind: string }> }>('probe.mjs');
  for (;;) {
    const port = randomInt(11_000, 22_000);
    const [client, bus] = await Promise.all([port, port + BUS_OFFSET].map((one) => checkPort('127.0.0.1', one)));
    if (client?.kind === 'free' && bus?.kind === 'free') return port;
  }
}

async function local<Module>(name: string): Promise<Module> {
  return (await import(new URL(`deploy/local/${name}`, REPOSITORY).href)) as Module;
}
