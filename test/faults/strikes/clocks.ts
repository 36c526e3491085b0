import type { Scene, Strike } from './scene.js';
import { anyOf } from './scene.js';

const HOUR_MS = 3_600_000;

const fast: Strike = {
  name: 'clock-fast',
  summary: "a worker's clock jumps an hour ahead, and back",
  strike: (scene) => move(scene, 'worker', HOUR_MS),
};

const slow: Strike = {
  name: 'clock-slow',
  summary: "a worker's clock jumps an hour back, and forth",
  strike: (scene) => move(scene, 'worker', -HOUR_MS),
};

const others: Strike = {
  name: 'clock-others',
  summary: "a producer's and a scaler's clock jump, one ahead and one back",
  async strike(scene) {
    await Promise.all([move(scene, 'producer', HOUR_MS), move(scene, 'scaler', -HOUR_MS)]);
  },
};

async function move(scene: Scene, role: 'producer' | 'worker' | 'scaler', offsetMs: number): Promise<void> {
  const { clock } = anyOf(scene, role);
  await clock.moveTo(offsetMs);
  await scene.lasts(6_000);
  await clock.moveTo(0);
}

/** Clock faults. */
export const CLOCK_STRIKES: readonly Strike[] = [fast, slow, others];
