import type { Post } from '../stand/stand.js';
import type { Scene, Strike } from './scene.js';
import { anyOf } from './scene.js';

/** Longer than a lock, a lease and a heartbeat together, in ms. */
const PAST_EVERYTHING_MS = 7_000;

const killEach: Strike = {
  name: 'kill-each',
  summary: 'SIGKILL of each process in turn',
  async strike(scene) {
    for (const { member } of scene.stand.posts) {
      member.signal('SIGKILL');
      await member.untilReady();
      await scene.lasts(300);
    }
  },
};

const killAll: Strike = {
  name: 'kill-all',
  summary: 'SIGKILL of all processes at once',
  async strike({ stand }) {
    for (const { member } of stand.posts) member.signal('SIGKILL');
    await Promise.all(stand.posts.map(({ member }) => member.untilReady()));
  },
};

const killProducers: Strike = {
  name: 'kill-producers',
  summary: 'SIGKILL of producers in the middle of requests, again and again',
  async strike(scene) {
    for (let times = 0; times < 4; times++) {
      const { member } = anyOf(scene, 'producer');
      member.signal('SIGKILL');
      await member.untilReady();
    }
  },
};

const roll: Strike = {
  name: 'deploy',
  summary: 'SIGTERM of one process after the other under load, as a rolling deploy does',
  async strike({ stand, isAlone }) {
    for (const { member } of stand.posts) {
      const ending = await member.roll();
      if (isAlone && ending.code !== 0) {
        const how = ending.signal ?? `exit code ${ending.code}`;
        throw new Error(`${member.name} did not end well at SIGTERM: ${how}`);
      }
      await member.untilReady();
    }
  },
};

const freezeWorker: Strike = {
  name: 'stop-worker',
  summary: 'SIGSTOP of a worker past its lock and lease, then SIGCONT',
  async strike(scene) {
    const post = anyOf(scene, 'worker');
    await standStill(scene, post);
  },
};

const freezeScaler: Strike = {
  name: 'stop-scaler',
  summary: 'SIGSTOP of a scaler past its lease, then SIGCONT',
  async strike(scene) {
    const leader = scene.stand.of('scaler')[0] ?? anyOf(scene, 'scaler');
    leader.member.signal('SIGSTOP');
    // The leader's lease lasts 9 s.
    await scene.lasts(11_000);
    leader.member.signal('SIGCONT');
  },
};

/** Pauses a process. Nothing runs its open requests; until it resumes, only requests of others count. */
async function standStill({ stand, load, lasts }: Scene, { member }: Post): Promise<void> {
  member.signal('SIGSTOP');
  const open = load.sink.openJobs();
  const found = await stand.ledger
    .query<{ id: string }>("SELECT id FROM jobs WHERE id = ANY($1) AND split_part(worker_id, '~', 1) = $2", [
      open,
      member.id(),
    ])
    .catch(() => null);
  // While the ledger is down their owners are unknown, so none of them counts.
  load.sink.discount(found?.rows.map(({ id }) => id) ?? open);
  await lasts(PAST_EVERYTHING_MS);
  member.signal('SIGCONT');
}

/** Process faults. */
export const PROCESS_STRIKES: readonly Strike[] = [killEach, killAll, killProducers, roll, freezeWorker, freezeScaler];
