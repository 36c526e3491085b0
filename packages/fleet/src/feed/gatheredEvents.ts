import type { JobEvent } from '@sluice/shared/contracts/jobEvents';
import { toFeedText } from './toFeedText.js';

/** Maximum number of gathered states per bucket; above it, only their tenants are kept. */
const MOST_STATES = 1_000;

/** Maximum size of gathered progress and log lines per bucket, in characters; anything above it is dropped. */
const MOST_TALK = 32_768;

/** Events that wait to be published, by bucket. */
export interface GatheredEvents {
  /** `missed`: a tenant's state will not be published; listeners are notified once that something is missing. */
  add(bucket: number, event: JobEvent): void;
  isEmpty(): boolean;
  /** Removes and returns everything gathered, with notices of missed events last. */
  take(): TakenEvents[];
}

/** Gathered events of one bucket. */
export interface TakenEvents {
  readonly bucket: number;
  /** Each event in the format of the feed. */
  readonly texts: readonly string[];
  /** The tenants of the states among them. */
  readonly tenants: ReadonlySet<string>;
}

interface Gathering {
  readonly texts: string[];
  readonly tenants: Set<string>;
  /** Tenants whose states were dropped: at most all tenants of the bucket. */
  readonly missed: Set<string>;
  /** Job -> index of its last progress, which a newer one replaces. */
  readonly progress: Map<string, number>;
  states: number;
  talk: number;
}

/** Bounded by number and size, so that a task that reports a lot fills neither this process nor Redis. */
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
