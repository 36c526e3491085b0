import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { filesEndingIn, REPOSITORY, textOf } from './repository.js';

const run = promisify(execFile);

const stepSchema = z.looseObject({ uses: z.string().optional(), run: z.string().optional() });
const workflowSchema = z.looseObject({
  permissions: z.strictObject({ contents: z.literal('read') }),
  concurrency: z.strictObject({ group: z.string(), 'cancel-in-progress': z.string() }),
  jobs: z.record(
    z.string(),
    z.looseObject({ 'runs-on': z.string(), 'timeout-minutes': z.number(), steps: z.array(stepSchema).min(1) }),
  ),
});

const fieldSchema = z.looseObject({
  type: z.enum(['markdown', 'textarea', 'input', 'dropdown', 'checkboxes']),
  id: z.string().optional(),
  attributes: z.looseObject({ label: z.string().optional(), value: z.string().optional() }),
});
const formSchema = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(fieldSchema).min(1),
});

const workflow = workflowSchema.parse(parse(textOf('.github/workflows/ci.yml')));
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

describe('the hosted pipeline', () => {
  it('may read the repository and nothing else, and every job ends', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(workflow.jobs)) expect(job).not.toHaveProperty('permissions');
  });

  it('takes each action in one version', () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  });

  it('calls npm scripts that exist, and checks and tests like the other pipeline', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const commands = steps.flatMap(({ run }) => run ?? []);
    const named = commands.flatMap((line) => /^npm (?:run )?([\w:-]+)/.exec(line)?.[1] ?? []);
    expect(named.filter((name) => name !== 'ci' && !Object.hasOwn(scripts, name))).toEqual([]);
    expect(commands).toEqual(expect.arrayContaining(['npm run check', 'npm test', 'npm run demo']));
  });

  it('puts nothing that a stranger wrote into a shell', () => {
    expect(steps.flatMap(({ run }) => run ?? []).filter((line) => line.includes('${{'))).toEqual([]);
  });
});

describe('the issue forms', () => {
  const forms = filesEndingIn('.yml').filter((path) => /ISSUE_TEMPLATE\/(?!config)/.test(path));

  it.each(forms)('%s asks for what GitHub can show, each thing once', (path) => {
    const { body } = formSchema.parse(parse(textOf(path)));
    const questions = body.filter(({ type }) => type !== 'markdown');
    const ids = questions.map(({ id }) => id);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of questions) expect(attributes.label).toBeTruthy();
  });
});

describe('a commit message', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-message-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function commit(subject: string): Promise<{ stderr: string }> {
    const file = join(folder, 'COMMIT_EDITMSG');
    await writeFile(file, `${subject}\n\n${'A body may have lines as long as it likes. '.repeat(4)}\n`);
    return run(join(REPOSITORY, '.github/hooks/commit-msg'), [file]);
  }

  it('is refused by the hook when its subject has more than 72 characters', async () => {
    await expect(commit('é'.repeat(72))).resolves.toMatchObject({ stderr: '' });
    await expect(commit('é'.repeat(73))).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('73 characters'),
    });
  });
});

describe('the changesets', () => {
  it('name packages that exist and a kind of change', () => {
    const names = filesEndingIn('package.json').map((path) => (JSON.parse(textOf(path)) as { name: string }).name);
    for (const path of filesEndingIn('.md').filter((file) => /^\.changeset\/(?!README)/.test(file))) {
      const [, head = null, text = ''] = /^---\n([\s\S]*?)---\n\n([\s\S]+)/.exec(textOf(path)) ?? [];
      expect(head, path).not.toBeNull();
      expect(text, path).not.toBe('');
      const kinds = z
        .record(z.string(), z.enum(['patch', 'minor', 'major']))
        .nullable()
        .parse(parse(head ?? ''));
      expect(Object.keys(kinds ?? {}).filter((name) => !names.includes(name))).toEqual([]);
    }
  });
});
