import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { jobEventSchema } from '@sluice/shared/contracts/jobEvents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGatheredEvents } from './gatheredEvents.js';

const of = { jobId: 'a', tenantId: 'acme' };

function texts(...events: JobEvent[]): JobEvent[] {
  const gathered = createGatheredEvents();
  for (const event of events) gathered.add(1, event);
  return gathered.take().flatMap(({ texts: all }) => all.map((text) => jobEventSchema.parse(JSON.parse(text))));
}

describe('createGatheredEvents', () => {
  it('tells only the last progress of a job, and all of its states', () => {
    const state = { kind: 'state', ...of, queueClass: 'default', state: 'active', attempt: 1 } as const;
    const told = texts(state, { kind: 'progress', ...of, value: 1 }, { kind: 'progress', ...of, value: 2 }, state);
    expect(told).toEqual([state, { kind: 'progress', ...of, value: 2 }, state]);
  });

  it('tells of a progress that is too long, or that JSON cannot say, without its value, and cuts lines', () => {
    const [long] = texts({ kind: 'progress', ...of, value: 'x'.repeat(200_000) });
    expect(long).toEqual({ kind: 'progress', ...of, value: null, tooLong: true });
    const [odd] = texts({ kind: 'progress', ...of, value: { n: 1n } });
    expect(odd).toMatchObject({ tooLong: true });
    const [sly] = texts({ kind: 'progress', ...of, value: { toJSON: () => 'x'.repeat(200_000) } });
    expect(sly).toMatchObject({ tooLong: true });
    const [line] = texts({ kind: 'log', ...of, line: 'y'.repeat(5_000) });
    expect(line).toMatchObject({ line: 'y'.repeat(1_000) });
  });

  it('says whose states are missing when there are too many, once for each tenant and last', () => {
    const state = (tenantId: string) =>
      ({ kind: 'state', jobId: 'a', tenantId, queueClass: 'default', state: 'active', attempt: 1 }) as const;
    const many = Array.from({ length: 1_000 }, () => state('loud'));
    const told = texts(...many, state('loud'), state('quiet'), state('loud'));
    expect(told.slice(1_000)).toEqual([
      { kind: 'missed', tenantId: 'loud' },
      { kind: 'missed', tenantId: 'quiet' },
    ]);
  });

  it('says in the next batch whose states were lost', () => {
    const gathered = createGatheredEvents();
    gathered.add(3, { kind: 'state', ...of, queueClass: 'default', state: 'active', attempt: 1 });
    const [lost] = gathered.take();
    for (const tenantId of lost?.tenants ?? []) gathered.add(3, { kind: 'missed', tenantId });
    expect(gathered.take()).toMatchObject([{ bucket: 3, texts: ['{"kind":"missed","tenantId":"acme"}'] }]);
    expect(gathered.isEmpty()).toBe(true);
  });

  it('holds a bounded amount, however much is told', () => {
    const talk = fc.oneof(
      fc.record({
        kind: fc.constant('log' as const),
        jobId: fc.string(),
        tenantId: fc.constant('a'),
        line: fc.string(),
      }),
      fc.record({
        kind: fc.constant('progress' as const),
        jobId: fc.string(),
        tenantId: fc.constant('a'),
        value: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(fc.array(talk, { minLength: 1, maxLength: 5 }), (some) => {
        const gathered = createGatheredEvents();
        for (let i = 0; i < 2_000; i++) {
          const event = some[i % some.length];
          if (event !== undefined) gathered.add(1, { ...event, jobId: String(i) });
        }
        const all = gathered.take()[0]?.texts ?? [];
        expect(all.join().length).toBeLessThan(32_768 + 8_000);
      }),
      { numRuns: 20 },
    );
  });
});
