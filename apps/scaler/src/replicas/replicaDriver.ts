import { FleetError } from '@sluice/shared/errors/fleetError';

/** The worker processes of a platform. */
export interface ReplicaState {
  /** Number of processes set on the platform, excluding draining ones. */
  readonly wanted: number;
  /** Running processes; where the platform reports them, including draining ones. */
  readonly running: number;
}

/** The outcome of setting the number of processes. */
export type ScaleOutcome =
  | { readonly kind: 'unchanged'; readonly replicas: number }
  | { readonly kind: 'scaled'; readonly from: number; readonly to: number }
  /** The caller may no longer act; nothing was changed. */
  | { readonly kind: 'withheld' };

/** Names of the supported platforms. */
export type DriverName = 'local' | 'docker' | 'kubernetes';

/** What a platform must support. `Seen` carries the state that a change needs. */
export interface ReplicaApi<Seen extends ReplicaState = ReplicaState> {
  readonly name: DriverName;
  /** @throws FleetError whose message says what to do next */
  read(signal: AbortSignal): Promise<Seen>;
  /**
   * Sets this number of processes. Excess ones are drained, never killed; it does not wait for them.
   * @returns `conflict` when someone else changed the state since it was read
   * @throws FleetError whose message says what to do next
   */
  change(seen: Seen, replicas: number, signal: AbortSignal): Promise<'ordered' | 'conflict'>;
}

/** Sets a platform's number of worker processes. */
export interface ReplicaDriver {
  readonly name: DriverName;
  /** @throws FleetError whose message says what to do next */
  read(): Promise<ReplicaState>;
  /**
   * Sets the number of processes; makes no call when the platform already has that number. Calls run one after the
   * other, so that the last one wins.
   * @param mayAct checked before every change: false withholds it
   * @throws FleetError `invalid_request` for a number out of bounds, `conflict` when others keep changing it, or the
   * platform's error
   */
  scaleTo(replicas: number, mayAct?: () => boolean): Promise<ScaleOutcome>;
  /** Aborts the call in flight and accepts no further ones. Changes already made remain. */
  stop(): Promise<void>;
}

/** Maximum tries of a change that conflicts with another's, including the first. */
const TRIES = 3;

/**
 * Creates a driver with the behaviour common to all: bounds, one call at a time, no call without a change, and a stop.
 */
export function createReplicaDriver<Seen extends ReplicaState>(
  api: ReplicaApi<Seen>,
  bounds: { readonly min: number; readonly max: number },
): ReplicaDriver {
  const stopper = new AbortController();
  const { signal } = stopper;
  let last: Promise<unknown> = Promise.resolve();

  async function change(replicas: number, mayAct: () => boolean): Promise<ScaleOutcome> {
    for (let tries = 0; tries < TRIES; tries++) {
      signal.throwIfAborted();
      const seen = await api.read(signal);
      if (seen.wanted === replicas) return { kind: 'unchanged', replicas };
      if (!mayAct()) return { kind: 'withheld' };
      const answer = await api.change(seen, replicas, signal);
      if (answer === 'ordered') return { kind: 'scaled', from: seen.wanted, to: replicas };
    }
    const message = `Someone else changes the number of worker processes (driver ${api.name}): let one of them do it.`;
    throw new FleetError('conflict', message);
  }

  return {
    name: api.name,
    async read() {
      signal.throwIfAborted();
      return api.read(signal);
    },
    async scaleTo(replicas, mayAct = () => true) {
      signal.throwIfAborted();
      if (!Number.isInteger(replicas) || replicas < bounds.min || replicas > bounds.max) {
        const message = `${replicas} worker processes are not within ${bounds.min} to ${bounds.max}.`;
        throw new FleetError('invalid_request', message);
      }
      const outcome = last.then(() => change(replicas, mayAct));
      last = outcome.catch(() => undefined);
      return outcome;
    },
    async stop() {
      stopper.abort(new FleetError('unavailable', `The driver ${api.name} was stopped.`));
      await last;
    },
  };
}
