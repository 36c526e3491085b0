import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A separate in-memory disk, small enough to fill. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills the disk completely. */
  fill(): Promise<void>;
  /** Frees the space again. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

/** Capacity for the files of a Redis under test, in MiB. */
const SIZE_MIB = 192;
const PIECE = Buffer.alloc(65_536, 1);

/** Mounts a disk; null where that is not permitted: only root may mount, and not in every container. */
export async function mountSmallDisk(): Promise<SmallDisk | null> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=0700`, 'tmpfs', folder]);
  } catch {
    await rm(folder, { recursive: true, force: true });
    return null;
  }
  const filler = join(folder, 'filler');
  await mkdir(join(folder, 'redis'));
  return {
    folder: join(folder, 'redis'),
    fill: () => writeUntilFull(filler),
    clear: () => rm(filler, { force: true }),
    async remove() {
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeUntilFull(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    // Ever smaller chunks, so that not even a page is left.
    for (let size = PIECE.length; size >= 1; size = Math.floor(size / 16)) {
      while (await fits(() => file.write(PIECE, 0, size)));
    }
  } finally {
    await file.close();
  }
}

async function fits(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false;
    throw error;
  }
}
