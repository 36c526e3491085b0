import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.js';

/** A redis-server of one test file's own, on loopback. Its data is gone when it is stopped. */
export interface RedisServer {
  readonly port: number;
  kill(signal: NodeJS.Signals): void;
  /** Ends it and removes its folder; harmless when it has ended. */
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

/** The bus of a Cluster listens this far above a server's port. */
const BUS_OFFSET = 10_000;

/**
 * Starts the program that `npm test` starts, and resolves when it answers.
 * @param lines of its redis.conf, beside the port and the folder unless they say those too
 * @throws Error when there is none and none can be fetched, or when it does not answer
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
      // One that was paused hears nothing else.
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

/** A server that is started again keeps its port. */
function portIn(lines: readonly string[]): number | undefined {
  const line = lines.findLast((one) => one.startsWith('port '));
  return line === undefined ? undefined : Number(line.slice('port '.length));
}

/** Whether it can be talked to; that it asks for a password is an answer. */
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

/** Below the ports that the system gives to connections, which could take the bus's between here and the start. */
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
