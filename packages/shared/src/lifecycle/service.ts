/** Anything that runs for long. Built without I/O; `start` begins, `stop` ends it under a deadline. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Ends the work; when `deadline` aborts, gives up what is left. Harmless twice, or before `start`. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** A minimal logger, which pino's satisfies. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
