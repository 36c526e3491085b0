import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A file to be written. */
export interface WholeFile {
  readonly path: string;
  /** Each attempt writes under a name of its own and takes away what the attempt before it left. */
  readonly attempt: number;
  /** The streams whose last gives the bytes. */
  readonly source: readonly [NodeJS.ReadableStream, NodeJS.ReadWriteStream];
  readonly signal: AbortSignal;
}

/** What was written. */
export interface WrittenFile {
  readonly bytes: number;
  /** As hex. */
  readonly sha256: string;
}

/**
 * Writes a file whole or not at all: under a temporary name, synced to the disk, then renamed over what was there.
 * Reads no faster than the disk takes it. Throws the signal's reason when that aborts.
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

/** The new name is on the disk only when the folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
