import { describe, expect, it } from 'vitest';
import { chooseLanes } from './chooseLanes.js';

const lanes = ['a.default', 'b.default', 'c.default', 'd.default'];
const none = new Set<string>();

describe('chooseLanes', () => {
  it('shows every lane when they fit', () => {
    expect(chooseLanes({ lanes, watched: none, busy: none, maxLanes: 4 })).toEqual({ shown: lanes, total: 4 });
  });

  it('prefers lanes with jobs, then takes the rest by name, and keeps the order of names', () => {
    const choice = chooseLanes({ lanes, watched: none, busy: new Set(['d.default', 'c.default']), maxLanes: 3 });
    expect(choice).toEqual({ shown: ['a.default', 'c.default', 'd.default'], total: 4 });
  });

  it('keeps a lane that somebody looks at before those with jobs', () => {
    const busy = new Set(['a.default', 'c.default']);
    const choice = chooseLanes({ lanes, watched: new Set(['d.default', 'gone.default']), busy, maxLanes: 2 });
    expect(choice.shown).toEqual(['a.default', 'd.default']);
  });
});
