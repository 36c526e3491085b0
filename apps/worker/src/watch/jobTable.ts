/** Length of a ledger id, in bytes. */
const ID_BYTES = 36;

/** The ids of running jobs in shared memory, which the watchdog thread reads while this one is blocked. */
export interface JobTable {
  readonly memory: SharedArrayBuffer;
  /** Adds a job and returns a function that removes it. A full table ignores it. */
  enter(jobId: string): () => void;
}

/** Creates an empty table. */
export function createJobTable(places: number): JobTable {
  const memory = new SharedArrayBuffer(places * ID_BYTES);
  const bytes = new Uint8Array(memory);
  const free = Array.from({ length: places }, (_, place) => place);
  return {
    memory,
    enter(jobId) {
      const place = free.pop();
      if (place === undefined) return () => undefined;
      const start = place * ID_BYTES;
      for (let i = 0; i < ID_BYTES; i++) bytes[start + i] = jobId.charCodeAt(i) & 0x7f;
      return () => {
        bytes[start] = 0;
        free.push(place);
      };
    },
  };
}

/** Reads the jobs in a table, from any thread; at most `most` of them. */
export function readJobTable(memory: SharedArrayBuffer, most: number): string[] {
  const bytes = new Uint8Array(memory);
  const ids: string[] = [];
  for (let start = 0; start < bytes.length && ids.length < most; start += ID_BYTES) {
    if (bytes[start] === 0) continue;
    ids.push(String.fromCharCode(...bytes.subarray(start, start + ID_BYTES)));
  }
  return ids;
}
