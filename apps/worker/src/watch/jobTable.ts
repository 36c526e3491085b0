/** Length of an id of the ledger, in bytes. */
const ID_BYTES = 36;

/** The ids of running jobs in memory that a watching thread reads while this one is blocked. */
export interface JobTable {
  readonly memory: SharedArrayBuffer;
  /** Notes a job; the answer takes it out again. Nothing is noted where there is no place left. */
  enter(jobId: string): () => void;
}

/** Starts empty. */
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

/** The jobs that a table holds, in any thread; at most so many. */
export function readJobTable(memory: SharedArrayBuffer, most: number): string[] {
  const bytes = new Uint8Array(memory);
  const ids: string[] = [];
  for (let start = 0; start < bytes.length && ids.length < most; start += ID_BYTES) {
    if (bytes[start] === 0) continue;
    ids.push(String.fromCharCode(...bytes.subarray(start, start + ID_BYTES)));
  }
  return ids;
}
