import { describe, expect, it } from 'vitest';
import { filesEndingIn, textOf } from './repository.js';

/** A call of a log with the two fields it must begin with. `log[level]` may be of any level. */
const CALL =
  /\b[lL]og(?:\.(debug|info|warn|error)|\[\w+\])\(\s*(?:\{\s*component: (?:'(\w+)'|name),\s*event: '(\w+)')?/g;

/** The one code that many components share. */
const OF_ALL_LOOPS = 'loop_step_failed';

const calls = filesEndingIn('.ts')
  .filter((path) => /^(?:apps|packages)\/[^/]+\/src\//.test(path) && !/\.test\.ts$/.test(path))
  .flatMap((path) =>
    [...textOf(path).matchAll(CALL)].map(([, level, component, event]) => ({ path, level, component, event })),
  );

const rows = [...textOf('docs/logs.md').matchAll(/^\| (\w+) \| `(\w+)` \| ([a-z, ]+) \|/gm)].map(
  ([, component = '', event = '', levels = '']) => ({ component, event, levels: levels.split(', ') }),
);

describe('log lines', () => {
  it('begin with a component and a stable event code', () => {
    expect(calls.filter((call) => call.event === undefined).map(({ path }) => path)).toEqual([]);
    expect(calls.length).toBeGreaterThan(80);
  });

  it('are explained in docs/logs.md, each code once, with its component and level', () => {
    const coded = calls.filter(({ event }) => event !== undefined && event !== OF_ALL_LOOPS);
    expect(rows.map(({ event }) => event).sort()).toEqual([...new Set(coded.map(({ event }) => event))].sort());
    for (const { component, event, level } of coded) {
      const row = rows.find((one) => one.event === event);
      expect(row).toMatchObject({ component, event });
      if (level !== undefined) expect(row?.levels).toContain(level);
    }
  });
});
