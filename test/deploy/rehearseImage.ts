import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Copy, Dockerfile, From } from 'dockerfile-ast';
import { DockerfileParser } from 'dockerfile-ast';
import { REPOSITORY, textOf } from '../docs/repository.js';

/** A step that installs the tools for development, too, as they are installed here. */
const WITH_TOOLS = /^npm ci (?!.*--omit=dev)/;

/** Steps of a RUN that mean the same outside of a container. */
const REHEARSED = /^(npm|npx|node|find) /;

const WORKDIR = '/sluice';

/** What npm asks for beside its work. */
const QUIET = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };

/**
 * Carries the Dockerfile out without an engine: each stage is a folder, COPY obeys .dockerignore, and RUN runs its
 * npm, node and find steps with the tools of this machine. Where a stage installs the tools for development, npm says only
 * whether it could, and those of this repository are used: they come from the same lock file, and take long to unpack.
 * @param home an empty folder that the stages are made in
 * @returns the folder that stands for the last stage's `/sluice`
 * @throws Error with its output when a step fails
 */
export function rehearseImage(home: string): string {
  const dockerfile: Dockerfile = DockerfileParser.parse(textOf('deploy/docker/Dockerfile'));
  let stage = '';
  let environment: Record<string, string> = {};
  for (const instruction of dockerfile.getInstructions()) {
    const text = instruction.getArgumentsContent() ?? '';
    switch (instruction.getKeyword()) {
      case 'FROM':
        stage = beginStage(home, instruction as From);
        environment = {};
        break;
      case 'ENV':
        environment = { ...environment, ...Object.fromEntries([text.split('=')]) };
        break;
      case 'COPY':
        copy(home, stage, instruction as Copy);
        break;
      case 'RUN':
        run(stage, text, environment);
        break;
    }
  }
  return stage;
}

function beginStage(home: string, from: From): string {
  const stage = join(home, from.getBuildStage() ?? 'last');
  const base = join(home, from.getImage() ?? '');
  mkdirSync(stage);
  if (readdirSync(home).includes(basename(base))) cpSync(base, stage, { recursive: true, verbatimSymlinks: true });
  return stage;
}

function copy(home: string, stage: string, instruction: Copy): void {
  const from = instruction.getFromFlag()?.getValue();
  const paths = instruction.getArguments().map((argument) => argument.getValue());
  const target = join(stage, paths.at(-1) ?? '');
  for (const path of paths.slice(0, -1)) {
    const source = from ? join(home, from, path.replace(WORKDIR, '')) : join(REPOSITORY, path);
    const intoFolder = statSync(source).isFile() && (paths.at(-1) ?? '').endsWith('/');
    mkdirSync(intoFolder ? target : dirname(target), { recursive: true });
    cpSync(source, intoFolder ? join(target, basename(path)) : target, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => Boolean(from) || isInContext(file.slice(REPOSITORY.length)),
    });
  }
}

function run(stage: string, text: string, environment: Record<string, string>): void {
  const steps = text.replace(/\\\n/g, ' ').split('&&');
  for (const step of steps.map((one) => one.trim()).filter((one) => REHEARSED.test(one))) {
    if (step.startsWith('npm cache')) continue;
    const hasTools = WITH_TOOLS.test(step);
    if (hasTools) linkPackages(stage);
    const done = spawnSync('sh', ['-c', hasTools ? `${step} --dry-run` : step], {
      cwd: stage,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        npm_config_prefer_offline: 'true',
        ...QUIET,
        ...environment,
      },
    });
    if (done.status !== 0) throw new Error(`${step}\n${done.stdout}${done.stderr}`);
  }
}

/** The packages that are installed here; those of the workspace are the stage's own. */
function linkPackages(stage: string): void {
  const here = join(REPOSITORY, 'node_modules');
  mkdirSync(join(stage, 'node_modules/@sluice'), { recursive: true });
  for (const name of readdirSync(here)) {
    if (name === '@sluice' || name.startsWith('.sluice')) continue;
    symlinkSync(join(here, name), join(stage, 'node_modules', name));
  }
  for (const name of readdirSync(join(here, '@sluice')))
    symlinkSync(readlinkSync(join(here, '@sluice', name)), join(stage, 'node_modules/@sluice', name));
}

/** Whether .dockerignore lets a path of the repository into the build's context: the last line that fits decides. */
function isInContext(path: string): boolean {
  let ignored = false;
  for (const line of textOf('.dockerignore').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const again = line.startsWith('!');
    if (fits(again ? line.slice(1) : line, path)) ignored = !again;
  }
  return !ignored || leadsToWhatIsLetIn(path);
}

/** Whether a pattern names the path or a folder above it. Knows `*`, and `**` before a slash. */
function fits(pattern: string, path: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\//g, '\0')
    .replace(/\*/g, '[^/]*')
    .replace(/\0/g, '(?:.*/)?');
  return new RegExp(`^${expression}(?:/|$)`).test(path);
}

function leadsToWhatIsLetIn(path: string): boolean {
  return textOf('.dockerignore')
    .split('\n')
    .some((line) => line.startsWith(`!${path}/`));
}
