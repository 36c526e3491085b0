import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { filesEndingIn, REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
}

const manifests = filesEndingIn('package.json')
  .filter((path) => /^packages\/[^/]+\/package\.json$/.test(path))
  .map((path) => ({ folder: dirname(path), manifest: JSON.parse(textOf(path)) as Manifest }));

const exampleOf = (path: string): string | undefined => /```ts\n([\s\S]*?)```/.exec(textOf(path))?.[1];

describe.each(manifests)('$manifest.name', ({ folder, manifest }) => {
  it('has a README under its name, with an example when it is public, and a row in CONTRIBUTING.md', () => {
    const readme = textOf(`${folder}/README.md`);
    expect(readme.startsWith(`# ${manifest.name}`)).toBe(true);
    if (manifest.private !== true) expect(exampleOf(`${folder}/README.md`)).toBeTruthy();
    expect(textOf('CONTRIBUTING.md')).toContain(`| \`${folder}\` |`);
  });
});

describe('an example that a page and a README share', () => {
  it.each([
    ['docs/queued-client.md', 'packages/queued-client/README.md'],
    ['docs/ga4.md', 'packages/ga4/README.md'],
  ])('is the same in %s, where a test runs it, and in %s', (page, readme) => {
    expect(exampleOf(readme)).toBe(exampleOf(page));
  });
});

describe('packages/shared/README.md', () => {
  it('has an example that runs as it is written', async () => {
    const example = exampleOf('packages/shared/README.md') ?? '';
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', example], {
      cwd: join(REPOSITORY, 'test'),
    });
    expect(stdout).toBe('unavailable\n');
  });
});
