import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalApi } from '../../../apps/scaler/src/replicas/localApi.js';
import { createReplicaDriver } from '../../../apps/scaler/src/replicas/replicaDriver.js';
import type { StubAnswer, StubCall } from './faultyServer.js';
import { startFaultyServer } from './faultyServer.js';
import type { Platform } from './platform.js';
import { BOUNDS, TIMEOUT_MS } from './platform.js';

/** What `deploy/local/workerPool.mjs` makes. */
interface WorkerPool {
  state(): { readonly wanted: number; readonly running: number };
  pids(): readonly (number | undefined)[];
  start(count: number): Promise<void>;
  want(count: number): void;
  stop(): Promise<void>;
}

/** The pool behind `npm start` with real processes, and what is between it and the driver. */
export interface LocalPlatform extends Platform {
  readonly pool: WorkerPool;
  /** Where a driver finds it. */
  readonly socket: string;
  /** Lines that it shows to the person at the terminal. */
  readonly shown: readonly string[];
  /** Workers that start from now on end at once, until told otherwise. */
  breakStarts(broken: boolean): void;
}

const DEPLOY = import.meta.url.replace(/test\/(?:dist\/)?conformance\/[^?]*$/, 'deploy/local/');

/** A process that drains: told to end, it first waits until its job is over, which a file says. */
function workerScript(folder: string): string {
  return `
    const { appendFileSync, existsSync } = require('node:fs');
    if (existsSync(${JSON.stringify(join(folder, 'broken'))})) process.exit(3);
    const note = (line) => appendFileSync(${JSON.stringify(join(folder, 'log'))}, line + '\\n');
    const stay = setInterval(() => undefined, 60_000);
    process.on('SIGTERM', () => {
      clearInterval(stay);
      const wait = setInterval(() => {
        if (existsSync(${JSON.stringify(join(folder, 'held'))})) return;
        clearInterval(wait);
        note('- ' + process.pid);
      }, 10);
    });
    note('+ ' + process.pid);
    console.log(JSON.stringify({ level: 30, msg: 'ready' }));`;
}

/** Starts one worker process. */
export async function openLocal(): Promise<LocalPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-local-'));
  const held = join(folder, 'held');
  const noted = (sign: string): number[] =>
    [...readFileSync(join(folder, 'log'), 'utf8').matchAll(/^([+-]) (\d+)$/gm)].flatMap(([, mark, pid]) =>
      mark === sign ? [Number(pid)] : [],
    );
  const living = (): number[] => noted('+').filter(lives);
  const shown: string[] = [];

  const pools = (await import(new URL('workerPool.mjs', DEPLOY).href)) as {
    createWorkerPool(options: object): WorkerPool;
  };
  const controls = (await import(new URL('workerControl.mjs', DEPLOY).href)) as {
    serveWorkerControl(pool: WorkerPool): Promise<{ readonly path: string; close(): Promise<void> }>;
  };
  const pool = pools.createWorkerPool({
    argv: ['-e', workerScript(folder)],
    cwd: folder,
    env: { PATH: process.env.PATH },
    logFileOf: (name: string) => join(folder, `${name}.log`),
    max: BOUNDS.max,
    show: (line: string) => void shown.push(line),
  });
  await pool.start(1);
  const control = await controls.serveWorkerControl(pool);
  const socket = join(folder, 'front.sock');
  const api = await startFaultyServer((call) => forward(call, control.path), socket);

  return {
    pool,
    socket,
    shown,
    breakStarts(broken) {
      if (broken) writeFileSync(join(folder, 'broken'), '');
      else rmSync(join(folder, 'broken'), { force: true });
    },
    api,
    driver: () => createReplicaDriver(createLocalApi(socket, TIMEOUT_MS), BOUNDS),
    alive: () => living().length,
    holdJobs: () => writeFileSync(held, ''),
    releaseJobs: () => rmSync(held, { force: true }),
    interrupted: () => noted('+').length - living().length - noted('-').filter((pid) => !lives(pid)).length,
    changeBehind: async (replicas) => pool.want(replicas),
    async close() {
      rmSync(held, { force: true });
      await api.close();
      await control.close();
      await pool.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function forward({ method, path, body }: StubCall, socketPath: string): Promise<StubAnswer> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
    });
    call.on('error', reject);
    call.end(body === undefined ? '' : JSON.stringify(body));
  });
}
