import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { REPOSITORY } from '../docs/repository.js';

const BIOME = join(REPOSITORY, 'node_modules/@biomejs/biome/bin/biome');

/** What is imported where, and whether that is allowed. */
const CASES = [
  ['packages/shared/src/ids/a.ts', '@sluice/tasks', false],
  ['packages/shared/src/ids/a.ts', 'pino', true],
  ['packages/shared/src/contracts/a.ts', '../lifecycle/clock.js', false],
  ['packages/shared/src/domain/a.ts', '../telemetry/logger.js', false],
  ['packages/shared/src/domain/a.ts', '../contracts/jobs.js', true],
  ['packages/limits/src/a.ts', '@sluice/fleet/redis/keys', false],
  ['packages/limits/src/a.ts', 'ioredis', true],
  ['packages/tasks/src/a.ts', '@sluice/limits', false],
  ['packages/fleet/src/submit/a.ts', 'bullmq', false],
  ['packages/fleet/src/queue/run/a.ts', 'bullmq', true],
  ['packages/fleet/src/redis/a.ts', '../postgres/connect.js', false],
  ['packages/fleet/src/postgres/a.ts', '../redis/connect.js', false],
  ['packages/fleet/src/queue/add/a.ts', '../../postgres/connect.js', false],
  ['packages/fleet/src/queue/add/a.ts', '@sluice/ga4', false],
  ['packages/client/src/a.ts', 'zod', false],
  ['packages/client/src/a.ts', './b.js', true],
  ['packages/queued-client/src/a.ts', '@sluice/ga4', false],
  ['packages/queued-client/src/a.ts', '@sluice/fleet/redis/keys', true],
  ['packages/ga4/src/a.ts', 'pg', false],
  ['packages/ga4/src/a.ts', '@sluice/fleet/redis/keys', false],
  ['apps/worker/src/a.ts', 'bullmq', false],
  ['apps/worker/src/a.ts', 'pg', false],
  ['apps/worker/src/a.ts', '@sluice/producer', false],
  ['apps/worker/src/a.ts', '@sluice/queued-client', false],
  ['apps/worker/src/a.ts', '../../producer/src/main.js', false],
  ['apps/producer/src/receive/a.ts', '../accept/b.js', false],
  ['apps/producer/src/accept/a.ts', '../status/b.js', false],
  ['apps/worker/src/claim/a.ts', '../settle/b.js', false],
  ['apps/worker/src/settle/a.ts', '../execute/b.js', false],
  ['apps/worker/src/ledger/a.ts', '../claim/b.js', false],
  ['apps/scaler/src/decide/a.ts', '../act/b.js', false],
] as const;

const reportSchema = z.object({
  diagnostics: z.array(z.object({ location: z.object({ path: z.string() }), message: z.string() })),
});

describe('test/lint/imports.grit', () => {
  let folder: string;
  let refused: ReadonlySet<string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-lint-'));
    const plugins = [{ path: join(REPOSITORY, 'test/lint/imports.grit') }];
    await writeFile(join(folder, 'biome.json'), JSON.stringify({ plugins, linter: { rules: { recommended: false } } }));
    for (const [index, [place, source]] of CASES.entries()) {
      const file = fileOf(index, place);
      await mkdir(dirname(join(folder, file)), { recursive: true });
      // Each form in which a module is reached: a rule that misses one is no rule.
      await writeFile(join(folder, file), FORMS[index % FORMS.length]?.(source) ?? '');
    }
    refused = await lint(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  for (const [index, [place, source, isAllowed]] of CASES.entries()) {
    it(`${isAllowed ? 'lets' : 'keeps'} ${place} ${isAllowed ? 'import' : 'from importing'} ${source}`, () => {
      expect(refused.has(fileOf(index, place))).toBe(!isAllowed);
    });
  }
});

const FORMS: readonly ((source: string) => string)[] = [
  (source) => `import { a } from '${source}';\nexport const b = a;\n`,
  (source) => `import type { a } from '${source}';\nexport type B = a;\n`,
  (source) => `export { a } from '${source}';\n`,
  (source) => `export const b = await import('${source}');\n`,
];

/** A file of its own for each case. */
function fileOf(index: number, place: string): string {
  return place.replace(/a\.ts$/, `case${index}.ts`);
}

/** The files below a folder that a rule refuses. */
async function lint(folder: string): Promise<ReadonlySet<string>> {
  const args = [BIOME, 'lint', '--reporter=json', '--max-diagnostics=none', folder];
  const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: folder }, (_failed, text) => resolve({ stdout: text }));
  });
  const { diagnostics } = reportSchema.parse(JSON.parse(stdout));
  return new Set(diagnostics.map(({ location }) => location.path.replace(`${folder}/`, '')));
}
