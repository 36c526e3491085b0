import { bucketOf } from '@sluice/shared/domain/lane';
import { z } from 'zod';
import type { RedisClient } from '../client.js';
import { defineLua } from '../defineLua.js';
import type { FleetKeys } from '../keys.js';
import type { LaneKeys } from './inspectLanes.js';

const script = defineLua('readLaneSnapshot');
const numberOrNone = z.string().transform((text) => (text === '' ? null : Number(text)));
const reply = z.tuple([z.number(), z.number(), numberOrNone, numberOrNone], z.number());

/** A job's place in its lane. */
export type LanePlace =
  | { readonly kind: 'waiting'; readonly position: number }
  | { readonly kind: 'delayed' }
  /** Running, finished, or never in the lane. */
  | { readonly kind: 'elsewhere' };

/** A lane and the places of some of its jobs. */
export interface LaneSnapshot {
  /** Due jobs that are not running. */
  readonly waiting: number;
  readonly active: number;
  /** Service time of its jobs, in ms; null before the first. */
  readonly serviceMs: number | null;
  /** Desired slots of its tenant; null before the scaler's first decision. */
  readonly slots: number | null;
  /** In the order of the ids. */
  readonly places: readonly LanePlace[];
}

/** The lane to read. */
export interface SnapshotLane {
  readonly tenantId: string;
  readonly name: string;
  /** BullMQ's keys of it, see `queue/laneKeys.ts`. */
  readonly laneKeys: LaneKeys;
}

/** Maximum ids per call. */
export const IDS_PER_SNAPSHOT = 1_000;

/** Reads a lane and the places of jobs in it with one command. */
export async function readLaneSnapshot(
  client: RedisClient,
  keys: FleetKeys,
  { tenantId, name, laneKeys }: SnapshotLane,
  ids: readonly string[],
): Promise<LaneSnapshot> {
  const bucket = bucketOf(tenantId);
  const { wait, prioritized, active, delayed } = laneKeys;
  const answer = await script.run(
    client,
    [wait, prioritized, active, delayed, keys.serviceTimes(bucket), keys.desiredSlots(bucket)],
    [name, tenantId, ...ids],
  );
  const [waiting, running, serviceMs, slots, ...places] = reply.parse(answer);
  return { waiting, active: running, serviceMs, slots, places: places.map(toPlace) };
}

function toPlace(place: number): LanePlace {
  if (place > 0) return { kind: 'waiting', position: place };
  return { kind: place < 0 ? 'delayed' : 'elsewhere' };
}
