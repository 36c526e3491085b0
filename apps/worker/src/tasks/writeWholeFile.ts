import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file to write. */
export interface WholeFile {
  readonly path: string;
  /** Each attempt writes to its own temporary file and removes the one left by the previous attempt. */
  readonly attempt: number;
  /** The pipeline of streams; the last one yields the bytes. */
  readonly source: readonly [NodeJS.ReadableStream, NodeJS.ReadWriteStream];
  readonly signal: AbortSignal;
}

/** Size and hash of a written file. */
export interface WrittenFile {
  readonly bytes: number;
  /** SHA-256, as hex. */
  readonly sha256: string;
}

/**
 * Writes a file atomically: to a temporary file, synced to disk, then renamed over the target. Applies backpressure: it
 * reads no faster than the disk accepts. Throws the signal's reason when that aborts.
 */
export async function writeWholeFile({ path, attempt, source, signal }: WholeFile): Promise<WrittenFile> {
  const part = partOf(path, attempt);
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  await rm(partOf(path, attempt - 1), { force: true });
  const measure = createMeasure();
  try {
    await pipeline([...source, measure.stream, createWriteStream(part, { flush: true, mode: 0o640 })], { signal });
    signal.throwIfAborted();
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true });
    throw signal.aborted ? signal.reason : error;
  }
  return measure.taken();
}

function partOf(path: string, attempt: number): string {
  return `${path}.${attempt}.part`;
}

function createMeasure(): { readonly stream: Transform; taken(): WrittenFile } {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, taken: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** A rename is durable only once its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
