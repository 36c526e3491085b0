import { describe, expect, it } from 'vitest';
import { filesEndingIn, textOf } from './repository.js';

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly overrides?: Record<string, string>;
}

const decisions = filesEndingIn('.md').filter((path) => /^docs\/adr\/\d/.test(path));
const reasons = decisions.map(textOf).join('\n');

describe('every dependency', () => {
  // Examples are repositories of others: they take ranges, and are in no decision of ours.
  const manifests = filesEndingIn('package.json').filter((path) => !path.startsWith('examples/'));
  for (const path of manifests) {
    const manifest = JSON.parse(textOf(path)) as Manifest;
    const { dependencies, devDependencies, overrides } = manifest;
    const all = Object.entries({ ...overrides, ...devDependencies, ...dependencies });
    const foreign = all.filter(([name]) => !name.startsWith('@sluice/'));

    it(`of ${path} is named in a decision under docs/adr`, () => {
      expect(foreign.map(([name]) => name).filter((name) => !reasons.includes(`\`${name}\``))).toEqual([]);
    });

    it(`of ${path} is pinned to one version`, () => {
      expect(foreign.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
    });
  }
});

describe('the decisions', () => {
  it('are numbered without a gap and each has the same four parts', () => {
    const numbers = decisions.map((path) => /(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1]);
    expect(numbers).toEqual(decisions.map((_, index) => String(index + 1).padStart(4, '0')));
    for (const path of decisions) {
      for (const part of ['Context', 'Decision', 'Rivals', 'Consequences']) {
        expect(textOf(path), path).toContain(`## ${part}\n`);
      }
    }
  });

  it('are each listed in the index under their own title', () => {
    const index = textOf('docs/adr/README.md');
    for (const path of decisions) {
      const [, number, title] = /^# (\d+)\. (.+)\n/.exec(textOf(path)) ?? [];
      expect(index).toContain(`| [${number}](${path.replace('docs/adr/', '')}) | ${title} |`);
    }
  });
});
