import type { JobEvent } from '../contracts/jobEvents.js';
import { toFeedText } from './toFeedText.js';

/** States of one bucket that are gathered at most; what comes above that is told to nobody. */
const MOST_STATES = 1_000;

/** Progress and lines of one bucket that are gathered at most, in characters. */
const MOST_TALK = 32_768;

/** Events that wait to be told, by bucket. */
export interface GatheredEvents {
  add(bucket: number, event: JobEvent): void;
  isEmpty(): boolean;
  /** All that is gathered; it is then gathered no more. */
  take(): [bucket: number, texts: string[]][];
}

interface Gathering {
  readonly texts: string[];
  /** Job -> where its last progress stands: a newer one takes its place. */
  readonly progress: Map<string, number>;
  states: number;
  talk: number;
}

/** Bounded by number and length, so that a task that talks a lot fills neither this process nor Redis. */
export function createGatheredEvents(): GatheredEvents {
  let buckets = new Map<number, Gathering>();
  return {
    add(bucket, event) {
      let gathering = buckets.get(bucket);
      if (gathering === undefined) {
        gathering = { texts: [], progress: new Map(), states: 0, talk: 0 };
        buckets.set(bucket, gathering);
      }
      if (event.kind === 'state') addState(gathering, event);
      else addTalk(gathering, event);
    },
    isEmpty: () => buckets.size === 0,
    take() {
      const all = [...buckets].map(([bucket, { texts }]): [number, string[]] => [bucket, texts]);
      buckets = new Map();
      return all;
    },
  };
}

function addState(gathering: Gathering, event: JobEvent): void {
  if (gathering.states >= MOST_STATES) return;
  gathering.states++;
  gathering.texts.push(toFeedText(event));
}

function addTalk(gathering: Gathering, event: JobEvent): void {
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
