import { FleetError } from '@sluice/shared/errors/fleetError';

/** How many worker processes a platform has. */
export interface ReplicaState {
  /** Processes that it is told to keep running; those that drain do not count. */
  readonly wanted: number;
  /** Processes that run; where the platform tells, with those that drain. */
  readonly running: number;
}

/** What came of a wish for a number of processes. */
export type ScaleOutcome =
  | { readonly kind: 'unchanged'; readonly replicas: number }
  | { readonly kind: 'scaled'; readonly from: number; readonly to: number }
  /** Whoever asked may no longer act; nothing was changed. */
  | { readonly kind: 'withheld' };

/** Names of the platforms that can be driven. */
export type DriverName = 'local' | 'docker' | 'kubernetes';

/** What a platform must be able to do. `Seen` carries what a change needs to know of the state that it starts from. */
export interface ReplicaApi<Seen extends ReplicaState = ReplicaState> {
  readonly name: DriverName;
  /** @throws FleetError whose message says what to do next */
  read(signal: AbortSignal): Promise<Seen>;
  /**
   * Orders this number of processes. Those that are too many are told to drain, never killed; it does not wait for them.
   * @returns `conflict` when someone else changed the state since it was read
   * @throws FleetError whose message says what to do next
   */
  change(seen: Seen, replicas: number, signal: AbortSignal): Promise<'ordered' | 'conflict'>;
}

/** Keeps a platform at a number of worker processes. */
export interface ReplicaDriver {
  readonly name: DriverName;
  /** @throws FleetError whose message says what to do next */
  read(): Promise<ReplicaState>;
  /**
   * Orders a number of processes; nothing is called when the platform has been told that number already. Calls are
   * carried out one after the other, so that the last one stands.
   * @param mayAct asked again before every change: false withholds it
   * @throws FleetError `invalid_request` for a number outside of the bounds, `conflict` when others keep changing it,
   *   or what the platform answered
   */
  scaleTo(replicas: number, mayAct?: () => boolean): Promise<ScaleOutcome>;
  /** Breaks off the call that is under way and takes no further one. What was ordered stands. */
  stop(): Promise<void>;
}

/** How often a change that met another's is tried, the first included. */
const TRIES = 3;

/** What all drivers have in common: bounds, one call at a time, no call without a change, and an end. */
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
