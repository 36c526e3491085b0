import type { LaneQueues } from '@sluice/fleet/queue/add/laneQueues';
import type { RedisClient } from '@sluice/fleet/redis/client';
import { ownerOf } from '@sluice/fleet/redis/slotOwner';
import type { Lane } from '@sluice/shared/domain/lane';
import { untilDrained } from '../../support/until.js';

/** How often the lane is asked whether it is empty, in ms; the figures do not depend on it. */
const ASK_EVERY_MS = 50;

/** How long the first job may take to be taken, in ms. */
const BEGIN_WITHIN_MS = 300_000;

/** Sees a lane being drained by whoever runs it. */
export interface DrainWatch {
  /** Resolves when the first job was taken. */
  readonly begun: Promise<void>;
  /** Resolves when the lane is empty: from the first job taken to the last one finished, in ms of Redis's clock. */
  readonly drained: Promise<number>;
}

/**
 * Times a lane from outside, in the same way for any worker: BullMQ notes every event of a queue in a stream whose ids
 * are times of the server's clock. The first event after now is the first job that becomes active; the last
 * `completed` one is the end. Costs the server one blocked command, and a count twenty times a second.
 */
export async function watchDrain(client: RedisClient, queues: LaneQueues, lane: Lane): Promise<DrainWatch> {
  const events = queues.queue(lane).toKey('events');
  const [[lastId] = ['0-0']] = await client.xrevrange(events, '+', '-', 'COUNT', 1);
  const first = firstAfter(client, events, lastId);
  return { begun: first.then(() => undefined), drained: first.then((startMs) => untilEmpty(startMs)) };

  async function untilEmpty(startMs: number): Promise<number> {
    const countLeft = async (): Promise<number> => {
      const { waiting, active, delayed } = await queues.counts(lane);
      return waiting + active + delayed;
    };
    await untilDrained('the lane is empty', countLeft, { lookEveryMs: ASK_EVERY_MS });
    const latest = await client.xrevrange(events, '+', '-', 'COUNT', 100);
    const completed = latest.find(([, fields]) => fields[fields.indexOf('event') + 1] === 'completed');
    if (completed === undefined) throw new Error('the lane is empty, but no job was completed');
    return timeOf(completed[0]) - startMs;
  }
}

async function firstAfter(client: RedisClient, events: string, lastId: string): Promise<number> {
  const blocked = ownerOf(client, events).duplicate();
  try {
    const read = await blocked.xread('COUNT', 1, 'BLOCK', BEGIN_WITHIN_MS, 'STREAMS', events, lastId);
    const id = read?.[0]?.[1]?.[0]?.[0];
    if (id === undefined) throw new Error('no job was taken: the worker does not run');
    return timeOf(id);
  } finally {
    blocked.disconnect();
  }
}

function timeOf(id: string): number {
  return Number(id.split('-')[0]);
}
