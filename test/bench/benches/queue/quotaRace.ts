import { z } from 'zod';
import { forkCalled, nowMs } from '../../harness/childCalls.js';
import type { QueuePart } from './part.js';

const PROCESSES = 4;
const TRIES = 100_000;
const QUOTA = 50;

/** Whether a quota holds against several processes at once. */
export const quotaRace: QueuePart = {
  name: 'quota',
  summary: `a quota of ${QUOTA} calls against 100,000 concurrent tries over ${PROCESSES} processes`,
  method: `${PROCESSES} processes try to take one tenant's quota of ${QUOTA} calls an hour, 256 at a time each; counted is what all of them were granted together.`,
  async measure(servers, { jobs }) {
    await servers.clear();
    const tries = Math.ceil((jobs ?? TRIES) / PROCESSES);
    const file = new URL('../../sides/quotaTakerMain.js', import.meta.url);
    const takers = Array.from({ length: PROCESSES }, () => forkCalled(file, servers.environment));
    try {
      const startedMs = nowMs();
      const granted = await Promise.all(takers.map((taker) => taker.call('take', { tries, quota: QUOTA }, z.int())));
      const perSecond = (PROCESSES * tries * 1_000) / (nowMs() - startedMs);
      const sum = granted.reduce((all, one) => all + one, 0);
      const alone = { reference: null, ratio: null };
      return {
        rows: [
          {
            metric: `calls granted beyond the quota in ${PROCESSES * tries} tries`,
            unit: 'calls',
            ours: Math.max(0, sum - QUOTA),
            ...alone,
            target: 'ours <= 0',
            met: sum <= QUOTA,
          },
          { metric: 'tries to take a quota', unit: 'tries/s', ours: perSecond, ...alone, target: null, met: null },
        ],
        runs: [`granted ${granted.join(' + ')} of ${QUOTA}; ${Math.round(perSecond)} tries/s`],
      };
    } finally {
      await Promise.all(takers.map((taker) => taker.stop()));
    }
  },
};
