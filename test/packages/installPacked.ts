import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../docs/repository.js';

const run = promisify(execFile);
const SCOPE = '@sluice/';

/** Where the repository's own packages are installed. */
export const MODULES = join(REPOSITORY, 'node_modules');

interface Manifest {
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Packs packages of ours and installs them into an empty folder, as a service outside of the repository would, without a network:
 * what they depend on is there already, as npm would have put it.
 * @param names such as `queued-client`; what they need of ours is packed as well
 * @returns the names of everything that is installed
 */
export async function installPacked(folder: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'my-service', type: 'module', private: true }));
  const needed = await neededBy(names);
  for (const name of needed.others) {
    const to = join(folder, 'node_modules', name);
    await mkdir(dirname(to), { recursive: true });
    // Linked file by file: a copy takes a minute.
    await run('cp', ['-Rl', join(MODULES, name), to]);
  }
  await linkPrograms(join(folder, 'node_modules'), needed.others);
  const { stdout } = await run(process.execPath, [
    join(REPOSITORY, 'deploy/pack/pack.mjs'),
    ...['--to', join(folder, 'packed')],
    ...needed.ours,
  ]);
  const options = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(folder, 'cache')];
  const { stderr } = await run('npm', ['install', ...options, ...stdout.trim().split('\n')], { cwd: folder });
  if (stderr.includes('EBADENGINE')) throw new Error(`npm warns of engines:\n${stderr}`);
  return new Set([...needed.others, ...needed.ours.map((name) => SCOPE + name)]);
}

/**
 * What packages of ours need, and what that needs, by name.
 * @returns `ours` without the scope and without those that travel inside of others
 */
export async function neededBy(
  names: readonly string[],
): Promise<{ readonly ours: readonly string[]; readonly others: ReadonlySet<string> }> {
  const ours = new Set<string>();
  const others = new Set<string>();
  for (const name of names) await collect(SCOPE + name, { ours, others });
  return { ours: [...ours], others };
}

async function collect(
  name: string,
  found: { readonly ours: Set<string>; readonly others: Set<string> },
): Promise<void> {
  const manifest = JSON.parse(await readFile(join(MODULES, name, 'package.json'), 'utf8')) as Manifest;
  const isOurs = name.startsWith(SCOPE);
  if (isOurs && manifest.private !== true) found.ours.add(name.slice(SCOPE.length));
  if (!isOurs) found.others.add(name);
  const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true);
  for (const next of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
    const isKnown = found.others.has(next) || found.ours.has(next.slice(SCOPE.length));
    // Of packages for other machines there is nothing.
    if (!isKnown && existsSync(join(MODULES, next))) await collect(next, found);
  }
}

/** npm takes a package whose programs are not linked for one that is to be fetched again. */
async function linkPrograms(modules: string, names: ReadonlySet<string>): Promise<void> {
  await mkdir(join(modules, '.bin'), { recursive: true });
  for (const program of await readdir(join(MODULES, '.bin'))) {
    const target = await readlink(join(MODULES, '.bin', program));
    const [, scope = '', name = ''] = target.split('/');
    if (names.has(scope.startsWith('@') ? `${scope}/${name}` : scope)) {
      await symlink(target, join(modules, '.bin', program));
    }
  }
}
