import type { JobHistory } from '@sluice/fleet/postgres/queries/readJob';
import { describe, expect, it } from 'vitest';
import { buildTimeline } from './timeline.js';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
const job = {
  acceptedAt: at(0),
  queuedAt: at(0),
  finishedAt: at(9),
  cancelRequestedAt: null,
  state: 'dead',
} as JobHistory['job'];
const attempt = { workerId: 'w1', outcome: null, error: null, retryAt: null, finishedAt: null };

describe('buildTimeline', () => {
  it('tells a job that crashed, failed and died in the order in which it happened', () => {
    const error = { code: 'attempt_failed', message: 'no' };
    const timeline = buildTimeline({
      job,
      attempts: [
        { ...attempt, number: 1, startedAt: at(1), finishedAt: at(5), outcome: 'lost' },
        { ...attempt, number: 2, startedAt: at(5), finishedAt: at(9), outcome: 'failed', error, workerId: 'w2' },
      ] as JobHistory['attempts'],
      deaths: [{ diedAt: at(9), error, redrivenAt: null }] as unknown as JobHistory['deaths'],
    });
    expect(timeline.map(({ event, attempt: number }) => [event, number])).toEqual([
      ['accepted', undefined],
      ['queued', undefined],
      ['attempt_started', 1],
      ['attempt_ended', 1],
      ['attempt_started', 2],
      ['attempt_ended', 2],
      ['died', undefined],
      ['finished', undefined],
    ]);
    expect(timeline[5]).toEqual({
      at: '2026-01-01T00:00:09.000Z',
      event: 'attempt_ended',
      attempt: 2,
      outcome: 'failed',
      error,
    });
  });

  it('keeps the life before when a dead job was sent again, and tells that it was then cancelled', () => {
    const error = { code: 'attempt_failed', message: 'no' };
    const again = {
      ...job,
      queuedAt: at(20),
      cancelRequestedAt: at(25),
      finishedAt: at(25),
      state: 'cancelled',
    } as const;
    const deaths = [{ diedAt: at(9), error, queuedAt: at(1), redrivenAt: at(19) }] as JobHistory['deaths'];
    const timeline = buildTimeline({ job: again, attempts: [], deaths });
    expect(timeline.map(({ event, state }) => (state === undefined ? event : `${event} ${state}`))).toEqual([
      'accepted',
      'queued',
      'died',
      'finished dead',
      'redriven',
      'queued',
      'cancel_requested',
      'finished cancelled',
    ]);
  });

  it('leaves out what has not happened yet', () => {
    const waiting = { ...job, queuedAt: null, finishedAt: null };
    expect(buildTimeline({ job: waiting, attempts: [], deaths: [] }).map(({ event }) => event)).toEqual(['accepted']);
  });
});
