import { open, readFile } from 'node:fs/promises';

/** An acceptance that a client received, written to disk before it counts. */
export interface Accepted {
  readonly id: string;
  readonly canary: string;
}

/** An append-only file of promises. */
export interface AcceptedFile {
  readonly path: string;
  /** Resolves when the line is on disk; waiting lines share one fdatasync. */
  add(accepted: Accepted): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file, creating it if necessary. */
export async function openAcceptedFile(path: string): Promise<AcceptedFile> {
  const file = await open(path, 'a', 0o600);
  let waiting: string[] = [];
  let flush: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;

  async function write(before: Promise<void>): Promise<void> {
    await before;
    next = null;
    const lines = waiting;
    waiting = [];
    await file.appendFile(lines.join(''));
    await file.datasync();
  }
  return {
    path,
    add({ id, canary }) {
      waiting.push(`${id} ${canary}\n`);
      next ??= flush = write(flush);
      return next;
    },
    async close() {
      await flush;
      await file.close();
    },
  };
}

/** Reads every promise back. */
export async function readAccepted(path: string): Promise<Accepted[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [id = '', canary = ''] = line.split(' ');
    return { id, canary };
  });
}
