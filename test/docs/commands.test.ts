import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCommand as readRebuildCommand } from '../../apps/scaler/src/rebuild/options.js';
import { accept } from '../bench/benches/accept.js';
import { fleet } from '../bench/benches/fleet.js';
import { queue } from '../bench/benches/queue.js';
import { throughput } from '../bench/benches/throughput.js';
import { readCommand as readBenchCommand } from '../bench/harness/command.js';
import { readOptions as readDemoOptions } from '../demo/options.js';
import { readSoakCommand } from '../faults/soak/options.js';
import { STRIKES } from '../faults/strikes/strikes.js';
import { filesEndingIn, REPOSITORY, textOf } from './repository.js';

/** What reads the arguments of an npm command; those of `simulate` are run by simulate.test.ts, those of `test` go to vitest. */
const READERS: Readonly<Record<string, (args: readonly string[]) => { readonly kind: string }>> = {
  bench: (args) => {
    const servers = { REDIS_URL: 'redis://localhost', DATABASE_URL: 'postgres://localhost' };
    const read = readBenchCommand(args, servers, [throughput, fleet, accept, queue]);
    return { kind: read.kind === 'say' && read.exitCode !== 0 ? read.text : read.kind };
  },
  demo: readDemoOptions,
  faults: (args) => readSoakCommand(args, STRIKES, 1),
  rebuild: readRebuildCommand,
};

const scripts = (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts;
const documents = filesEndingIn('.md').filter((path) => path !== 'CHANGELOG.md');
const commands = new Set(
  documents.flatMap((path) =>
    [...textOf(path).matchAll(/\bnpm (?:run (?:-s )?)?([a-z][\w:-]*)(?: -- ([^`\n#]+))?/g)].flatMap(
      ([, name = '', args = '']) => (Object.hasOwn(READERS, name) && args !== '' ? [`${name} ${args.trim()}`] : []),
    ),
  ),
);

describe('the documented commands', () => {
  it.each([...commands])('npm run %s: is understood', (command) => {
    const [name = '', ...args] = command.split(/\s+/);
    expect(['run', 'help', 'say']).toContain(READERS[name]?.(args).kind);
  });

  it('of the README are the two that start something, and both exist', () => {
    const shell = [...textOf('README.md').matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = '']) =>
      block.split('\n').filter((line) => line !== ''),
    );
    expect(shell).toEqual(['npm run demo', 'npm start']);
    for (const name of ['demo', 'start']) expect(scripts[name]).toBe(`exec node deploy/local/run.mjs ${name}`);
  });

  it('are all that the set-up knows, in docs/setup.md', async () => {
    const { COMMANDS } = (await import(join(REPOSITORY, 'deploy/local/commands.mjs'))) as { COMMANDS: object };
    const named = [...textOf('docs/setup.md').matchAll(/`npm (?:run )?([\w:]+)`/g)].map(([, name]) => name);
    // These two are for other scripts.
    const known = Object.keys(COMMANDS).filter((name) => name !== 'exec' && name !== 'setup');
    const typed = known.map((name) => {
      const line = `exec node deploy/local/run.mjs ${name}`;
      return Object.keys(scripts).find((script) => scripts[script] === line) ?? `a script for ${name}`;
    });
    expect(typed.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('the README', () => {
  it('is short, and leaves the settings to docs/configuration.md', () => {
    const readme = textOf('README.md');
    expect(readme.split('\n').length).toBeLessThanOrEqual(120);
    expect(readme).not.toMatch(/^\| `[A-Z_]+` \|/m);
    expect(readme).toContain('](docs/configuration.md)');
  });
});
