/** A long-running component. Construction does no I/O; `start` begins its work, `stop` ends it by a deadline. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Stops the work; when `deadline` aborts, abandons the rest. Idempotent, and harmless before `start`. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** A minimal logger interface that pino's satisfies. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
