import { DEFAULT_CIRCUIT } from '@sluice/shared/contracts/circuit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Circuit } from './circuit.js';
import { askCircuit, CLOSED_CIRCUIT, circuitOf, noteCall, stateOfCircuit } from './circuit.js';

const SETTINGS = { failures: 3, withinMs: 1_000, restMs: 2_000, probeEveryMs: 300, successes: 2 };

/** A requested call that, if granted, ends after its duration; `tickMs` elapse before it and may be negative. */
interface Step {
  readonly tickMs: number;
  readonly fails: boolean;
  readonly tookMs: number;
}

const forwards = fc.record({ tickMs: fc.nat(700), fails: fc.boolean(), tookMs: fc.nat(900) });
const anyhow = fc.record({ tickMs: fc.integer({ min: -5_000, max: 5_000 }), fails: fc.boolean(), tookMs: fc.nat(900) });

/** Outcomes of calls that may run concurrently. */
function run(steps: readonly Step[], from: Circuit = CLOSED_CIRCUIT, atMs = 1_000_000) {
  let circuit = from;
  let nowMs = atMs;
  const underWay: {
    readonly startedMs: number;
    readonly endsMs: number;
    readonly fails: boolean;
    readonly isProbe: boolean;
  }[] = [];
  const seen: { readonly nowMs: number; readonly kind: 'probes' | 'opened' | 'failed' | 'waits' }[] = [];
  function end(call: (typeof underWay)[number]): void {
    const outcome = call.fails ? 'failed' : 'answered';
    const before = circuit;
    circuit = noteCall(circuit, { startedMs: call.startedMs, isProbe: call.isProbe, outcome }, nowMs, SETTINGS);
    if (call.fails) seen.push({ nowMs, kind: 'failed' });
    if (circuit !== before && circuit.kind === 'open') seen.push({ nowMs, kind: 'opened' });
  }
  for (const { tickMs, fails, tookMs } of steps) {
    nowMs += tickMs;
    for (const call of underWay.filter(({ endsMs }) => endsMs <= nowMs)) {
      underWay.splice(underWay.indexOf(call), 1);
      end(call);
    }
    const { answer, circuit: after } = askCircuit(circuit, nowMs, SETTINGS);
    circuit = after;
    if (answer.kind === 'waits') {
      expect(answer.retryInMs).toBeGreaterThan(0);
      expect(answer.retryInMs).toBeLessThanOrEqual(Math.max(SETTINGS.restMs, SETTINGS.probeEveryMs));
    } else {
      underWay.push({ startedMs: nowMs, endsMs: nowMs + tookMs, fails, isProbe: answer.kind === 'probes' });
    }
    if (answer.kind !== 'passes') seen.push({ nowMs, kind: answer.kind });
  }
  return { circuit, nowMs, seen };
}

describe('a circuit', () => {
  it('opens on as many failures as it may take within the window, rests, probes, and closes', () => {
    const note = (circuit: Circuit, startedMs: number, outcome: 'failed' | 'answered', nowMs: number) =>
      noteCall(circuit, { startedMs, isProbe: false, outcome }, nowMs, DEFAULT_CIRCUIT);
    let circuit = CLOSED_CIRCUIT;
    for (const atMs of [0, 7_000, 14_000, 21_000, 31_000]) circuit = note(circuit, atMs, 'failed', atMs);
    expect(circuit.kind).toBe('closed');
    circuit = note(circuit, 32_000, 'failed', 32_000);
    expect(circuit).toEqual({ kind: 'open', openedMs: 32_000, probeAtMs: 92_000 });
    expect(askCircuit(circuit, 91_000, DEFAULT_CIRCUIT).answer).toEqual({ kind: 'waits', retryInMs: 1_000 });
    for (const atMs of [92_000, 97_000, 102_000]) {
      const asked = askCircuit(circuit, atMs, DEFAULT_CIRCUIT);
      expect(asked.answer.kind).toBe('probes');
      expect(askCircuit(asked.circuit, atMs, DEFAULT_CIRCUIT).answer).toEqual({ kind: 'waits', retryInMs: 5_000 });
      circuit = note(asked.circuit, atMs, 'answered', atMs + 100);
    }
    expect(circuit).toEqual(CLOSED_CIRCUIT);
  });

  it('opens again on one probe that fails, and heeds no call of before it opened', () => {
    const open: Circuit = { kind: 'open', openedMs: 1_000, probeAtMs: 3_000 };
    const { circuit } = askCircuit(open, 3_000, SETTINGS);
    for (const outcome of ['failed', 'answered'] as const) {
      expect(noteCall(circuit, { startedMs: 999, isProbe: false, outcome }, 3_100, SETTINGS)).toBe(circuit);
      expect(noteCall(open, { startedMs: 3_000, isProbe: false, outcome }, 3_100, SETTINGS)).toBe(open);
    }
    expect(noteCall(circuit, { startedMs: 3_000, isProbe: true, outcome: 'failed' }, 3_100, SETTINGS)).toEqual({
      kind: 'open',
      openedMs: 3_100,
      probeAtMs: 5_100,
    });
  });

  it('stays closed while the probes end that still hung when others closed it', () => {
    let circuit: Circuit = { kind: 'half-open', openedMs: 0, probeAtMs: 5_000, answered: SETTINGS.successes - 1 };
    circuit = noteCall(circuit, { startedMs: 4_000, isProbe: true, outcome: 'answered' }, 4_100, SETTINGS);
    for (const startedMs of [3_100, 3_400, 3_700]) {
      circuit = noteCall(circuit, { startedMs, isProbe: true, outcome: 'failed' }, startedMs + 1_000, SETTINGS);
    }
    expect(circuit).toEqual(CLOSED_CIRCUIT);
  });

  it('never opens on fewer failures within the window than it may take, but for probes that fail', () => {
    fc.assert(
      fc.property(fc.array(forwards, { maxLength: 80 }), (steps) => {
        const { seen } = run(steps);
        let isTripped = false;
        for (const [index, { kind, nowMs }] of seen.entries()) {
          if (kind === 'probes') isTripped = true;
          if (kind !== 'opened') continue;
          const recent = seen
            .slice(0, index)
            .filter((other) => other.kind === 'failed' && nowMs - other.nowMs < SETTINGS.withinMs);
          if (!isTripped) expect(recent.length).toBeGreaterThanOrEqual(SETTINGS.failures);
        }
      }),
    );
  });

  it('never lets more than one probe through in an interval, nor any before its rest is over', () => {
    fc.assert(
      fc.property(fc.array(forwards, { maxLength: 80 }), (steps) => {
        let lastProbeMs = -Infinity;
        let openedMs = -Infinity;
        for (const { kind, nowMs } of run(steps).seen) {
          if (kind === 'opened') openedMs = nowMs;
          if (kind !== 'probes') continue;
          expect(nowMs - lastProbeMs).toBeGreaterThanOrEqual(SETTINGS.probeEveryMs);
          expect(nowMs - openedMs).toBeGreaterThanOrEqual(SETTINGS.restMs);
          lastProbeMs = nowMs;
        }
      }),
    );
  });

  it('closes again soon once calls succeed, whatever was before and however clocks jumped', () => {
    fc.assert(
      fc.property(fc.array(anyhow, { maxLength: 60 }), fc.integer({ min: -60_000, max: 60_000 }), (steps, jumpMs) => {
        const before = run(steps);
        const settled = run(
          Array.from({ length: 60 }, () => ({ tickMs: 100, fails: false, tookMs: 50 })),
          before.circuit,
          before.nowMs + jumpMs,
        );
        expect(settled.circuit.kind).toBe('closed');
      }),
    );
  });

  it('keeps no more failures than open it', () => {
    fc.assert(
      fc.property(fc.array(anyhow, { maxLength: 80 }), (steps) => {
        const { circuit } = run(steps.map((step) => ({ ...step, fails: true })));
        if (circuit.kind === 'closed') expect(circuit.failuresMs.length).toBeLessThan(SETTINGS.failures);
      }),
    );
  });

  it('is told as half open when its rest is over, and never as resting for longer than it does', () => {
    const open: Circuit = { kind: 'open', openedMs: 1_000, probeAtMs: 3_000 };
    expect(stateOfCircuit(open, 2_500, SETTINGS)).toEqual({ kind: 'open', probeInMs: 500, answered: 0 });
    expect(stateOfCircuit(open, 3_000, SETTINGS)).toEqual({ kind: 'half-open', probeInMs: 0, answered: 0 });
    expect(stateOfCircuit(open, -60_000, SETTINGS)).toMatchObject({ probeInMs: SETTINGS.restMs });
    expect(stateOfCircuit(CLOSED_CIRCUIT, 0, SETTINGS)).toEqual({ kind: 'closed' });
  });
});

describe('circuitOf', () => {
  const quota = { callsPerWindow: null, windowMs: 1_000, callsAtATime: null };
  const upstream = { name: 'ga4', quota, circuit: DEFAULT_CIRCUIT };

  it("is the task's, with what the fleet says in its place", () => {
    expect(circuitOf(upstream, {})).toEqual(DEFAULT_CIRCUIT);
    expect(circuitOf(upstream, { restMs: 9, failures: undefined })).toEqual({ ...DEFAULT_CIRCUIT, restMs: 9 });
  });

  it('is none where the fleet switches it off, or the upstream has none', () => {
    expect(circuitOf(upstream, { failures: 0 })).toBeNull();
    expect(circuitOf({ name: 'ga4', quota }, { failures: 5 })).toBeNull();
  });
});
