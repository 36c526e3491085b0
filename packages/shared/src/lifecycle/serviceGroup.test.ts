import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Log, Service } from './service.js';
import { createServiceGroup } from './serviceGroup.js';

/** What a service does on start and stop. */
interface Behaviour {
  readonly startFails: boolean;
  readonly stopFails: boolean;
}

const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const never = new AbortController().signal;
const behaviours = fc.array(fc.record({ startFails: fc.boolean(), stopFails: fc.boolean() }), { maxLength: 6 });

function ignore(): void {
  // Output is discarded.
}

/** Services that record their calls; `pace` delays each step as it chooses. */
function recordingServices(
  parts: readonly Behaviour[],
  pace: (label: string) => Promise<unknown> = async () => undefined,
): { services: Service[]; events: string[]; inFlight: () => number } {
  const events: string[] = [];
  let inFlight = 0;
  const step = async (label: string, fails: boolean): Promise<void> => {
    events.push(`${label} begins`);
    inFlight++;
    await pace(label);
    inFlight--;
    events.push(`${label} ${fails ? 'fails' : 'ends'}`);
    if (fails) throw new Error(label);
  };
  const services = parts.map(({ startFails, stopFails }, index) => ({
    name: `part ${index}`,
    start: () => step(`start ${index}`, startFails),
    stop: () => step(`stop ${index}`, stopFails),
  }));
  return { services, events, inFlight: () => inFlight };
}

function begun(events: readonly string[], verb: 'start' | 'stop'): number[] {
  return events.filter((e) => e.startsWith(`${verb} `) && e.endsWith('begins')).map((e) => Number(e.split(' ')[1]));
}

describe('createServiceGroup', () => {
  it('starts in order up to the first failure, and stops in reverse all that it had begun', async () => {
    await fc.assert(
      fc.asyncProperty(behaviours, async (parts) => {
        const { services, events } = recordingServices(parts);
        const group = createServiceGroup('group', services, quiet);
        const firstFailure = parts.findIndex(({ startFails }) => startFails);
        const expected = firstFailure === -1 ? parts.length : firstFailure + 1;

        const outcome = await group.start().catch((error: Error) => error.message);
        expect(outcome).toBe(firstFailure === -1 ? undefined : `start ${firstFailure}`);
        await group.stop(never);

        expect(begun(events, 'start')).toEqual([...Array(expected).keys()]);
        expect(begun(events, 'stop')).toEqual([...Array(expected).keys()].reverse());
      }),
    );
  });

  it('leaves nothing running, one step at a time, whenever and however often it is stopped during its start', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), behaviours, fc.integer({ min: 1, max: 3 }), async (s, parts, stops) => {
        let most = 0;
        const { services, events, inFlight } = recordingServices(parts, (label) => {
          most = Math.max(most, inFlight());
          return s.schedule(Promise.resolve(), label);
        });
        const group = createServiceGroup('group', services, quiet);
        const started = group.start().catch(() => 'failed');
        const stopped = Array.from({ length: stops }, async (_, n) => {
          await s.schedule(Promise.resolve(), `stop call ${n}`);
          await group.stop(never);
        });
        await s.waitFor(Promise.all([started, ...stopped]));

        expect(most).toBeLessThanOrEqual(1);
        expect(begun(events, 'stop')).toEqual(begun(events, 'start').reverse());
      }),
    );
  });

  it('starts no further part once it is told to stop', async () => {
    let letGo: () => void = ignore;
    const { services, events } = recordingServices(
      [
        { startFails: false, stopFails: false },
        { startFails: false, stopFails: false },
      ],
      (label) => (label === 'start 0' ? new Promise<void>((resolve) => (letGo = resolve)) : Promise.resolve()),
    );
    const group = createServiceGroup('group', services, quiet);
    const started = group.start();
    const stopped = group.stop(never);
    letGo();
    await Promise.all([started, stopped]);
    expect(events).toEqual(['start 0 begins', 'start 0 ends', 'stop 0 begins', 'stop 0 ends']);
  });

  it('stops every other part when one hangs beyond the deadline', async () => {
    const { services, events } = recordingServices(
      [
        { startFails: false, stopFails: false },
        { startFails: false, stopFails: false },
      ],
      (label) => (label === 'stop 1' ? new Promise(ignore) : Promise.resolve()),
    );
    const complaints: object[] = [];
    const group = createServiceGroup('group', services, { ...quiet, error: (fields) => complaints.push(fields) });
    await group.start();
    await group.stop(AbortSignal.abort());
    expect(events).toContain('stop 0 ends');
    expect(complaints).toEqual([{ component: 'lifecycle', event: 'service_stop_timed_out', service: 'part 1' }]);
  });

  it('does nothing when it is stopped before it was started, or again after it was stopped', async () => {
    const { services, events } = recordingServices([{ startFails: false, stopFails: false }]);
    const group = createServiceGroup('group', services, quiet);
    await group.stop(never);
    expect(events).toEqual([]);
    await group.start();
    await group.stop(never);
    await group.stop(never);
    expect(begun(events, 'stop')).toEqual([0]);
  });

  it('can be started again after it was stopped', async () => {
    const { services, events } = recordingServices([{ startFails: false, stopFails: false }]);
    const group = createServiceGroup('group', services, quiet);
    await group.start();
    const stopped = group.stop(never);
    await group.start();
    await stopped;
    expect(events.at(-1)).toBe('start 0 ends');
    await group.stop(never);
    expect(begun(events, 'stop')).toEqual([0, 0]);
  });
});
