import type { Writable } from 'node:stream';

/**
 * Sends what is written in one turn of the event loop in one go. Under load a process writes hundreds of small commands in
 * a turn; a system call for each costs it, and the server that reads them, more than the commands themselves. A lone
 * command leaves in the same turn, after the events that are due with it.
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
