/** The position of a waiting request. */
export interface QueuedNotice {
  readonly id: string;
  /** 1 for the next; null while it is unknown. */
  readonly position: number | null;
  /** Median, in ms. */
  readonly estimatedWaitMs: number | null;
  /** 90th percentile, in ms. */
  readonly estimatedWaitP90Ms: number | null;
  /** For people, such as "Position 3 in queue, ~90s wait", or "Queued, position unknown". */
  readonly message: string;
}
