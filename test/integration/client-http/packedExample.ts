import { readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { installPacked, MODULES } from '../../packages/installPacked.js';
import { compile, exampleOf, runCompiled } from '../../packages/outsideCode.js';

/** The user's own module of tasks, of which the example imports types alone. */
const TASKS = `import { z } from 'zod';
export const probe = {
  name: 'system.probe',
  data: z.strictObject({ sleepMs: z.int().default(0), fail: z.enum(['never', 'permanent']).default('never') }),
  result: z.object({ sleptMs: z.int() }),
} as const;
`;

/** A client that was installed from its tarball into an empty folder. */
export interface InstalledClient {
  /** Names of all that npm installed. */
  readonly packages: readonly string[];
  readonly manifest: object;
  /** Size of all of its files. */
  readonly bytes: number;
}

/** Packs the client and installs it as outsiders do. */
export async function installClient(folder: string): Promise<InstalledClient> {
  await installPacked(folder, ['client']);
  const modules = join(folder, 'node_modules');
  const home = join(modules, '@sluice/client');
  const files = await readdir(home, { recursive: true, withFileTypes: true });
  const sizes = files.filter((file) => file.isFile()).map((file) => stat(join(file.parentPath, file.name)));
  return {
    packages: [...(await readdir(modules)), ...(await readdir(join(modules, '@sluice')))].filter(
      (name) => name[0] !== '.',
    ),
    manifest: JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as object,
    bytes: (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0),
  };
}

/** Compiles and runs the README's example beside the installed client; returns what it prints. */
export async function runExample(folder: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const files = { 'service.ts': exampleOf('packages/client/README.md'), 'tasks.ts': TASKS };
  await symlink(join(MODULES, 'zod'), join(folder, 'node_modules/zod'));
  await compile(folder, files, { exactOptionalPropertyTypes: true });
  return runCompiled(folder, 'service.js', environment);
}
