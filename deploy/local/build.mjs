// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from './dependencies.mjs';
import { lastLines, SetupError } from './report.mjs';

const ROOTS = ['packages', 'apps', 'test'];
const OWN_FILES = ['package.json', 'package-lock.json', 'tsconfig.json'];
const NOT_SOURCES = new Set(['node_modules', 'coverage']);

/**
 * Runs `npm run build` unless the last build ran on exactly the current files.
 * @param {import('./resolve.mjs').Context} context
 */
export async function ensureBuild({ repository, report }) {
  const stamp = join(repository, 'node_modules/.sluice-build');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(repository)) return;
  const result = await report.step('building (npm run build)', () => runNpm(repository, ['run', 'build']));
  if (!result.ok) throw new SetupError(`The build failed:\n${lastLines(result.output, 60)}`);
  writeFileSync(stamp, fingerprint(repository));
}

/**
 * Hashes the names, sizes and times of all sources, and which outputs exist.
 * @param {string} repository
 */
export function fingerprint(repository) {
  const hash = createHash('sha256');
  for (const path of [...OWN_FILES, ...ROOTS.flatMap((root) => sourcesBelow(repository, root))].sort()) {
    const found = statSync(join(repository, path), { throwIfNoEntry: false });
    if (found?.isFile()) hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
    else if (found !== undefined) hash.update(`${path} exists\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} repository
 * @param {string} folder
 * @returns {string[]} all files below it that a build may read, and the `dist` folders that it wrote
 */
function sourcesBelow(repository, folder) {
  if (!existsSync(join(repository, folder))) return [];
  return readdirSync(join(repository, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name === 'dist') return [path];
    if (NOT_SOURCES.has(entry.name) || entry.name.startsWith('.') || entry.name.endsWith('.tsbuildinfo')) return [];
    return entry.isDirectory() ? sourcesBelow(repository, path) : [path];
  });
}
