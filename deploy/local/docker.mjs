// @ts-check
import { createHash, randomBytes } from 'node:crypto';
import { runToEnd, startChild } from './child.mjs';
import { freePort } from './probe.mjs';

/** @type {Promise<boolean> | undefined} */
let answers;

/** Whether a Docker engine is available; checked once. */
export function dockerAnswers() {
  answers ??= runToEnd('docker', ['info', '--format', '{{.ServerVersion}}'], { timeoutMs: 5_000 }).then(
    ({ ok, output }) => ok && /^\d/m.test(output),
  );
  return answers;
}

/**
 * Runs a container attached to a child process of ours, with its port published on loopback only. Its data is in a
 * volume named after the place, which is removed with a throwaway place.
 * @param {{
 *   image: string, port: number, volumePath: string, place: import('./resolve.mjs').Place,
 *   env?: Record<string, string>, mounts?: string[], args?: string[], stopSignals?: NodeJS.Signals[],
 * }} container env is passed by name, so that no secret appears in the process list
 */
export async function startContainer({
  image,
  port,
  volumePath,
  place,
  env = {},
  mounts = [],
  args = [],
  stopSignals = ['SIGTERM'],
}) {
  const hostPort = await freePort();
  const name = `sluice-${randomBytes(6).toString('hex')}`;
  const volume = `sluice-${createHash('sha256').update(place.dir).digest('hex').slice(0, 16)}`;
  const command = [
    'run',
    '--rm',
    '--name',
    name,
    '-p',
    `127.0.0.1:${hostPort}:${port}`,
    '-v',
    `${volume}:${volumePath}`,
  ];
  for (const mount of mounts) command.push('-v', mount);
  for (const key of Object.keys(env)) command.push('-e', key);
  const child = await startChild('docker', [...command, image, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    stopSignals,
  });
  let log = '';
  child.child.stderr?.on('data', (/** @type {Buffer} */ chunk) => (log = (log + chunk).slice(-4_000)));
  return {
    child,
    hostPort,
    log: () => log,
    async stop() {
      await child.stop();
      await runToEnd('docker', ['rm', '-f', name], { timeoutMs: 10_000 });
      if (place.throwaway) await runToEnd('docker', ['volume', 'rm', '-f', volume], { timeoutMs: 10_000 });
    },
  };
}
