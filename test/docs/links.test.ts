import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesEndingIn, REPOSITORY, textOf } from './repository.js';

const documents = filesEndingIn('.md');

describe('the documentation', () => {
  it('has the pages that a newcomer looks for', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/deploying.md']),
    );
  });

  for (const path of documents) {
    it(`${path} links only to files and headings that exist`, () => {
      const broken = linksOf(textOf(path)).filter((link) => !resolves(path, link));
      expect(broken).toEqual([]);
    });

    it(`${path} names only npm scripts that exist`, () => {
      const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
      const named = [...textOf(path).matchAll(/\bnpm (?:run (?:-s )?([\w:-]+)|(test|start)\b)/g)].map(
        ([, run, own]) => run ?? own,
      );
      expect(named.filter((name) => name === undefined || !Object.hasOwn(scripts, name))).toEqual([]);
    });
  }
});

/** Targets of a document's links and images, without those in code and those to other sites. */
function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => target ?? '');
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function resolves(from: string, link: string): boolean {
  const [file = '', heading] = link.split('#');
  const target = file === '' ? from : join(dirname(from), decodeURIComponent(file));
  if (!existsSync(join(REPOSITORY, target))) return false;
  return heading === undefined || headingsOf(textOf(target)).includes(heading);
}

/** Anchors of a document's headings, as GitHub makes them. */
function headingsOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
