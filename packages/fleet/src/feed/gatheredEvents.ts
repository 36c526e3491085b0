import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { toFeedText } from './toFeedText.js';

/** States of one bucket that are gathered at most; of those above that, only whose they are. */
const MOST_STATES = 1_000;

/** Progress and lines of one bucket that are gathered at most, in characters; what comes above that is told to nobody. */
const MOST_TALK = 32_768;

/** Events that wait to be told, by bucket. */
export interface GatheredEvents {
  /** `missed`: a tenant's state will not be told; that something is missing will be, once. */
  add(bucket: number, event: JobEvent): void;
  isEmpty(): boolean;
  /** All that is gathered, what is missing last; it is then gathered no more. */
  take(): TakenEvents[];
}

/** Events of one bucket on their way. */
export interface TakenEvents {
  readonly bucket: number;
  /** Each event as it stands in a feed. */
  readonly texts: readonly string[];
  /** Whose states are among them. */
  readonly tenants: ReadonlySet<string>;
}

interface Gathering {
  readonly texts: string[];
  readonly tenants: Set<string>;
  /** Tenants of states that are missing: as many as a bucket has. */
  readonly missed: Set<string>;
  /** Job -> where its last progress stands: a newer one takes its place. */
  readonly progress: Map<string, number>;
  states: number;
  talk: number;
}

/** Bounded by number and length, so that a task that talks a lot fills neither this process nor Redis. */
export function createGatheredEvents(): GatheredEvents {
  let buckets = new Map<number, Gathering>();

  function gatheringOf(bucket: number): Gathering {
    const known = buckets.get(bucket);
    if (known !== undefined) return known;
    const gathering = {
      texts: [],
      tenants: new Set<string>(),
      missed: new Set<string>(),
      progress: new Map(),
      states: 0,
      talk: 0,
    };
    buckets.set(bucket, gathering);
    return gathering;
  }

  return {
    add(bucket, event) {
      if (event.kind === 'missed') gatheringOf(bucket).missed.add(event.tenantId);
      else if (event.kind === 'state') addState(gatheringOf(bucket), event);
      else addTalk(gatheringOf(bucket), event);
    },
    isEmpty: () => buckets.size === 0,
    take() {
      const all = [...buckets].map(([bucket, { texts, tenants, missed }]): TakenEvents => {
        const last = Array.from(missed, (tenantId) => toFeedText({ kind: 'missed', tenantId }));
        return { bucket, texts: [...texts, ...last], tenants: new Set([...tenants, ...missed]) };
      });
      buckets = new Map();
      return all;
    },
  };
}

function addState(gathering: Gathering, event: Extract<JobEvent, { kind: 'state' }>): void {
  if (gathering.states >= MOST_STATES) {
    gathering.missed.add(event.tenantId);
    return;
  }
  gathering.states++;
  gathering.tenants.add(event.tenantId);
  gathering.texts.push(toFeedText(event));
}

function addTalk(gathering: Gathering, event: Extract<JobEvent, { kind: 'progress' | 'log' }>): void {
  const before = event.kind === 'progress' ? gathering.progress.get(event.jobId) : undefined;
  if (gathering.talk >= MOST_TALK && before === undefined) return;
  const text = toFeedText(event);
  gathering.talk += text.length - (before === undefined ? 0 : (gathering.texts[before]?.length ?? 0));
  if (before !== undefined) {
    gathering.texts[before] = text;
    return;
  }
  if (event.kind === 'progress') gathering.progress.set(event.jobId, gathering.texts.length);
  gathering.texts.push(text);
}
