import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { filesEndingIn, textOf } from '../docs/repository.js';
import { serviceNamed } from './composeFile.js';
import { localStartCommands } from './localProcesses.js';

const text = textOf('deploy/docker/Dockerfile');
const dockerfile = DockerfileParser.parse(text);
const instructions = dockerfile.getInstructions().map((instruction) => ({
  keyword: instruction.getKeyword(),
  text: instruction.getArgumentsContent() ?? '',
  line: instruction.getRange().start.line,
}));
const lastStage = instructions.slice(instructions.map(({ keyword }) => keyword).lastIndexOf('FROM'));

function every(keyword: string, from = instructions): string[] {
  return from.filter((instruction) => instruction.keyword === keyword).map((instruction) => instruction.text);
}

describe('the Dockerfile', () => {
  it('has no fault that a builder would find', () => {
    expect(validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual([]);
  });

  it('begins every stage with an image pinned to its minor version, or with a stage before it', () => {
    const stages: string[] = [];
    for (const from of dockerfile.getFROMs()) {
      const image = from.getImage() ?? '';
      if (!stages.includes(image)) expect(image).toMatch(/^node:\d+\.\d+-alpine\d+\.\d+$/);
      stages.push(from.getBuildStage() ?? '');
    }
    expect(new Set(stages).size).toBe(stages.length);
  });

  it('runs on a Node.js that the packages support, of an even and so long-lived line', () => {
    const major = Number(/^FROM node:(\d+)/m.exec(text)?.[1]);
    expect(major).toBeGreaterThanOrEqual(20);
    expect(major % 2).toBe(0);
  });

  it('becomes a user other than root, for good, before its command', () => {
    const users = every('USER', lastStage);
    expect(users).toEqual(['1000:1000']);
    const order = lastStage.map(({ keyword }) => keyword);
    expect(order.indexOf('USER')).toBeLessThan(order.indexOf('CMD'));
    expect(order.slice(order.indexOf('USER'))).not.toContain('RUN');
  });

  it('starts Node.js itself and no shell, so that signals arrive', async () => {
    const { producer = [] } = await localStartCommands();
    expect(every('CMD')).toEqual([JSON.stringify(['node', ...producer]).replaceAll(',', ', ')]);
    expect(every('ENTRYPOINT')).toEqual([]);
    expect(every('SHELL')).toEqual([]);
  });

  it('installs what the lock file says and, in the end, nothing for development', () => {
    for (const run of every('RUN')) expect(run).not.toMatch(/npm (install|i|update|add)\b/);
    const installs = every('RUN', lastStage).filter((run) => run.includes('npm ci'));
    expect(installs).toHaveLength(1);
    expect(installs[0]).toContain('--omit=dev');
    expect(every('ENV', lastStage)).toContain('NODE_ENV=production');
  });

  it('fetches nothing by itself and becomes root nowhere', () => {
    expect(every('ADD')).toEqual([]);
    for (const run of every('RUN')) expect(run).not.toMatch(/\b(curl|wget|sudo|apk|apt-get|chmod 777)\b/);
    expect(text).not.toMatch(/:latest\b/);
    expect(text).not.toMatch(/(PASSWORD|SECRET|TOKEN|KEY)\s*=/);
  });

  it('uses only absolute folders to work in', () => {
    expect(every('WORKDIR')).toEqual(['/sluice']);
  });

  it('knows the manifest of every workspace, else npm ci would refuse the lock file', () => {
    const copied = every('COPY').flatMap((copy) => copy.split(/\s+/).slice(0, -1));
    // Examples are repositories of their own.
    const manifests = filesEndingIn('package.json').filter((path) => !path.startsWith('examples/'));
    expect(manifests.filter((path) => !copied.includes(path))).toEqual([]);
  });

  it('carries every process, and what the compose file asks of it', async () => {
    const carried = every('COPY', lastStage).map((copy) => copy.split(/\s+/).at(-1) ?? '');
    const mains = Object.values(await localStartCommands()).map(
      (argv) => argv.find((one) => one.endsWith('.js')) ?? '',
    );
    for (const main of mains)
      expect(
        carried.some((path) => main.startsWith(path)),
        main,
      ).toBe(true);
    expect(serviceNamed('producer').healthcheck?.test).toContain('deploy/docker/ready.mjs');
    expect(carried).toContain('deploy/docker/');
    expect(every('RUN', lastStage).join()).toContain(serviceNamed('worker').environment.EXPORTS_DIR);
  });
});
