// Generates the next migration from the drizzle schema, and makes it independent of the schema's name: drizzle-kit
// writes "public" into foreign keys, while the ledger lives wherever `search_path` points.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const migrations = join(repository, 'packages/fleet/src/postgres/migrations');
execFileSync(
  'npx',
  ['drizzle-kit', 'generate', '--config', 'packages/fleet/drizzle.config.ts', ...process.argv.slice(2)],
  {
    cwd: repository,
    stdio: 'inherit',
  },
);
for (const file of readdirSync(migrations).filter((name) => name.endsWith('.sql'))) {
  const path = join(migrations, file);
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"public".', ''));
}
