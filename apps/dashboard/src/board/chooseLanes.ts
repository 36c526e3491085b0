/** Which lanes the page shows. */
export interface LaneChoice {
  /** Names, sorted. */
  readonly shown: readonly string[];
  /** Total number of lanes. */
  readonly total: number;
}

/** Input of the choice. */
export interface LaneChoiceInput {
  /** Names of all lanes, sorted. */
  readonly lanes: readonly string[];
  /** Lanes that somebody is viewing now. */
  readonly watched: ReadonlySet<string>;
  /** Lanes that hold unfinished jobs. */
  readonly busy: ReadonlySet<string>;
  readonly maxLanes: number;
}

/** All lanes when they fit; else watched lanes first, then busy ones, then the rest, each group sorted by name. */
export function chooseLanes({ lanes, watched, busy, maxLanes }: LaneChoiceInput): LaneChoice {
  if (lanes.length <= maxLanes) return { shown: lanes, total: lanes.length };
  const rank = (lane: string): number => (watched.has(lane) ? 0 : busy.has(lane) ? 1 : 2);
  const ranked = lanes.map((lane, place) => ({ lane, place, rank: rank(lane) }));
  ranked.sort((a, b) => a.rank - b.rank || a.place - b.place);
  const shown = ranked.slice(0, maxLanes).sort((a, b) => a.place - b.place);
  return { shown: shown.map(({ lane }) => lane), total: lanes.length };
}
