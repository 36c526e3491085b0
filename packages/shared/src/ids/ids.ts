import { createHash, randomFillSync } from 'node:crypto';
import { v5 as uuidV5, v7 as uuidV7, validate, version } from 'uuid';
import { systemClock } from '../lifecycle/clock.js';

/** Namespace of derived (not random) ids. */
const NAMESPACE = '8f0d8b0e-6a5c-4d9b-9a2e-3f1c5f3a7c11';

/** Random bytes per id, and how many ids each draw covers: a draw costs as much as the rest of making an id. */
const ID_BYTES = 16;
const pool = Buffer.alloc(ID_BYTES * 256);
let used = pool.length;

/** Time and sequence number of the latest id. */
let latestMs = 0;
let latestSeq = 0;

/** The first sequence number of a millisecond is below this, to leave headroom for counting up. */
const FIRST_SEQ_BELOW = 0x7fff_ffff;

/** A new UUIDv7: unique, and sorted by creation time; ids of one millisecond have ascending sequence numbers. */
export function newId(): string {
  const random = drawRandom();
  const nowMs = systemClock.now();
  if (nowMs > latestMs) {
    latestMs = nowMs;
    latestSeq = random.readUInt32BE(4) & FIRST_SEQ_BELOW;
  } else {
    latestSeq++;
  }
  return uuidV7({ msecs: latestMs, seq: latestSeq, random });
}

function drawRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += ID_BYTES;
  return pool.subarray(used - ID_BYTES, used);
}

/** An id derived from a text: the same text always gives the same id. */
export function derivedId(text: string): string {
  return uuidV5(text, NAMESPACE);
}

/**
 * The UUIDv7 with this number that is derived from another UUIDv7: deterministic, of the same millisecond, and sorted
 * by number.
 * @param seed a UUIDv7
 * @param number from 0 to 1,048,575
 */
export function idOfSeed(seed: string, number: number): string {
  const random = createHash('sha256').update(`${seed} ${number}`).digest();
  // The upper 20 of the 32 bits after the time hold the number; the rest, and what follows, is random.
  const seq = ((number << 12) | (random.readUInt16BE(0) & 0xfff)) >>> 0;
  return uuidV7({ msecs: millisecondsOf(seed), seq, random });
}

/**
 * A UUIDv7 of the given millisecond that is derived from a text: deterministic, and it sorts among the random ones.
 * @param atMs unix ms
 */
export function derivedIdAt(text: string, atMs: number): string {
  const random = createHash('sha256').update(text).digest();
  return uuidV7({ msecs: atMs, seq: random.readUInt32BE(16), random });
}

/** When a UUIDv7 was created, unix ms; null for any other text. */
export function momentOfId(id: string): number | null {
  return validate(id) && version(id) === 7 ? millisecondsOf(id) : null;
}

function millisecondsOf(id: string): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

/** Whether a text is a UUID, and so may be one of our ids. */
export function isId(text: string): boolean {
  return validate(text);
}
