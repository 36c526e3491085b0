import type { Writable } from 'node:stream';

/**
 * Batches all writes of one event-loop turn into one. Under load a process writes hundreds of small commands per turn;
 * a system call for each costs it, and the server that reads them, more than the commands themselves. A lone command
 * leaves in the same turn, after the events due with it.
 */
export function batchWrites(stream: Writable): void {
  let gathering = false;
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const send = (): void => {
    gathering = false;
    stream.uncork();
  };
  stream.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      setImmediate(send);
    }
    return write(...args);
  };
}
