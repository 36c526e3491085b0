import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository's top folder. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.sluice', 'coverage']);

/** Paths of all files of ours that end in one of these, relative to the top folder. */
export function filesEndingIn(...ends: string[]): string[] {
  const found: string[] = [];
  const folders = [REPOSITORY];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OURS.has(entry.name)) folders.push(path);
      if (entry.isFile() && ends.some((end) => entry.name.endsWith(end))) found.push(relative(REPOSITORY, path));
    }
  }
  return found.sort();
}

/** Text of a file, named relative to the top folder. */
export function textOf(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}
