import { expect, it } from 'vitest';
import { summariseProfile } from './profileSummary.js';

it('shares the busy time out between functions, without telling where the repository lies', () => {
  const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
  const lines = summariseProfile(
    {
      nodes: [
        { id: 1, callFrame: frame('(idle)') },
        { id: 2, callFrame: frame('claim', 'file:///home/me/sluice/apps/worker/dist/claim.js', 9) },
        { id: 3, callFrame: frame('', 'file:///home/me/sluice/node_modules/bullmq/dist/worker.js', 4) },
      ],
      samples: [1, 2, 3, 2],
      timeDeltas: [1_000_000, 500_000, 500_000, 1_000_000],
    },
    2,
  );
  expect(lines).toEqual([
    'busy 2.00 s of 3.00 s',
    ' 75.0 %  claim (apps/worker/dist/claim.js:10)',
    ' 25.0 %  (anonymous) (bullmq/dist/worker.js:5)',
  ]);
});
