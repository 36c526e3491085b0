import type { TaskContract } from '@sluice/tasks';
import { createTaskCatalogue } from '@sluice/tasks/internal';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ga4RunReport } from './ga4RunReport.js';

it('is the only task of its queue class, with the quota of the requirement and a schema that can be shown', () => {
  const tasks = createTaskCatalogue([ga4RunReport as TaskContract]);
  expect(tasks.upstreamOfClass('ga4')).toMatchObject({
    name: 'ga4',
    quota: { callsPerWindow: 50, windowMs: 3_600_000 },
  });
  expect(z.toJSONSchema(ga4RunReport.data, { io: 'input' })).toMatchObject({ additionalProperties: false });
});
