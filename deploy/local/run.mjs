#!/usr/bin/env node
// @ts-check
import { accessSync, chmodSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePassage } from './account.mjs';
import { ensureBuild } from './build.mjs';
import { killChildren, startChild, stopChildren } from './child.mjs';
import { helpText, readRequest } from './commands.mjs';
import { describeCpuTime, readCpuTime } from './cpuTime.mjs';
import { ensureDependencies, nodeTooOld } from './dependencies.mjs';
import { collectWarnings, reportWarnings } from './deprecations.mjs';
import { dockerAnswers } from './docker.mjs';
import { tryLock } from './lock.mjs';
import { runOnNodes } from './nodes.mjs';
import { createReleases } from './releases.mjs';
import { createReport, SetupError } from './report.mjs';
import { openFreshServers, openKeptServers } from './servers.mjs';
import { readStartSettings, refuseTakenPorts, startForeground } from './start.mjs';

/** npm forwards a Ctrl+C that the terminal has also sent us; a signal this soon after the first is the same one. */
const SAME_SIGNAL_MS = 1_000;
/**
 * npm signals a shell that may not forward the signal; the shell then exits and our parent changes, so we poll for
 * that.
 */
const PARENT_POLL_MS = 500;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

const repository = fileURLToPath(new URL('../..', import.meta.url));
const report = createReport();
const releases = createReleases(report.warn);
const request = readRequest(process.argv.slice(2));
/** Set by the first signal. @type {NodeJS.Signals | undefined} */
let signalled;

// A closed terminal must not prevent an orderly stop.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

if (request.kind === 'run') {
  const interrupted = onSignals(request);
  const code = await Promise.race([runCommand(request).catch(explain), interrupted]);
  await releases.run(signalled);
  await stopChildren();
  if (request.command.tellsCpu) tellCpuTime();
  if (signalled !== undefined) report.line('stopped');
  process.exit(await (signalled === undefined ? code : interrupted));
}
if (request.kind === 'unknown') report.line(request.message);
else process.stdout.write(helpText());
process.exit(request.kind === 'unknown' ? 2 : 0);

/**
 * Sets up what the command needs, then runs it.
 * @param {Extract<import('./commands.mjs').Request, { kind: 'run' }>} wanted
 * @returns {Promise<number>} the exit code
 */
async function runCommand({ name, command, args }) {
  refuseMachine();
  const context = { env: process.env, home: openHome(), repository, report };
  if (command.run === 'fleet') await refuseStart(args);
  await prepare(context, command);

  const env = { SLUICE_HOME: context.home };
  if (await needsServers(command, args)) {
    const fresh = command.servers !== 'kept';
    const urls = fresh ? await openFreshServers(context, releases, name) : await openKeptServers(context, releases);
    Object.assign(env, urls);
    if (command.run === 'fleet') await startForeground(context, releases, urls);
    if (command.run === 'wait')
      process.stdout.write(`REDIS_URL=${urls.REDIS_URL}\nDATABASE_URL=${urls.DATABASE_URL}\nready\n`);
  }
  for (let loops = 0; loops < (command.busyLoops ?? 0); loops++) await startBusyLoop();
  return perform(command, args, context, env);
}

/**
 * Runs the command itself.
 * @param {import('./commands.mjs').Command} command
 * @param {string[]} args
 * @param {import('./resolve.mjs').Context} context
 * @param {Record<string, string>} env
 * @returns {Promise<number>} the exit code
 */
async function perform(command, args, context, env) {
  if (command.run === 'fleet' || command.run === 'wait') return new Promise(() => setInterval(() => undefined, 60_000));
  if (command.run === 'nothing') return 0;
  if (command.run === 'nodes') return runOnNodes(context);
  if (command.run === 'program') return runProgram([join('node_modules/.bin', String(args[0])), ...args.slice(1)], env);
  return command.deprecationsFail ? runStrictly(command.run, args, env) : runAll(command.run, args, env);
}

/** Rejects settings that `npm start` cannot start with. @param {readonly string[]} args */
async function refuseStart(args) {
  if (args.length > 0)
    throw new SetupError(`npm start takes no arguments, only environment variables.\n\n${helpText()}`);
  await refuseTakenPorts(readStartSettings(process.env));
}

/**
 * Whether to start servers: not to print a help text, and not where the tests start containers.
 * @param {import('./commands.mjs').Command} command
 * @param {readonly string[]} args
 */
async function needsServers(command, args) {
  if (command.servers === undefined || args.includes('--help') || args.includes('-h')) return false;
  return command.servers !== 'fresh-or-containers' || !(await dockerAnswers());
}

/** Rejects machines that the set-up cannot run on. */
function refuseMachine() {
  const tooOld = nodeTooOld(process.versions.node);
  if (tooOld !== undefined) throw new SetupError(tooOld);
  if (process.platform === 'win32') throw new SetupError('Sluice runs on Linux and macOS; on Windows use WSL.');
}

/** The folder that holds everything that the set-up stores. */
function openHome() {
  const home = resolve(process.env.SLUICE_HOME || join(repository, '.sluice'));
  try {
    makePassage(home);
    if (!process.env.SLUICE_HOME && process.getuid?.() === 0) chmodSync(home, 0o711); // for PostgreSQL's account
    accessSync(home, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new SetupError(
      `${home} cannot be written (${code}): run this as its owner, or set SLUICE_HOME to a folder of your own.`,
    );
  }
  return home;
}

/**
 * Installs packages and builds, one run at a time.
 * @param {import('./resolve.mjs').Context} context
 * @param {import('./commands.mjs').Command} command
 */
async function prepare(context, command) {
  for (let told = false; ; told = true) {
    const lock = tryLock(join(repository, '.sluice/setup.lock'));
    if (lock.kind === 'held') {
      releases.add('the lock of the set-up', lock.release);
      if (command.dependencies) await ensureDependencies(context);
      if (command.build) await ensureBuild(context);
      return lock.release();
    }
    if (!told) report.line(`- waiting for process ${lock.by.pid}, which is setting up`);
    await new Promise((next) => setTimeout(next, 250));
  }
}

async function startBusyLoop() {
  const child = await startChild(process.execPath, ['-e', 'for (;;);'], {});
  releases.add('a busy loop', () => child.stop());
}

/** Servers and programs have ended by now, so their CPU time is included. */
function tellCpuTime() {
  const cpu = readCpuTime();
  if (cpu !== undefined) report.line(describeCpuTime(cpu, performance.now() / 1000));
}

/** @param {readonly (readonly string[])[]} programs @param {string[]} args @param {Record<string, string>} env */
async function runAll(programs, args, env) {
  for (const [index, program] of programs.entries()) {
    const isLast = index === programs.length - 1;
    const code = await runProgram(isLast ? [...program, ...args] : [...program], env);
    if (code !== 0 || isLast) return code;
  }
  return 0;
}

/**
 * Like `runAll`, and fails on a deprecation warning of any process.
 * @param {readonly (readonly string[])[]} programs
 * @param {string[]} args
 * @param {{ SLUICE_HOME: string }} env
 */
async function runStrictly(programs, args, env) {
  const warnings = collectWarnings(env.SLUICE_HOME, process.env);
  const code = await runAll(programs, args, { ...env, ...warnings.env });
  return reportWarnings(warnings.take(), report) ? code : code || 1;
}

/** @param {string[]} argv @param {Record<string, string>} env @returns {Promise<number>} its exit code */
async function runProgram(argv, env) {
  const options = { cwd: repository, env: { ...process.env, ...env }, stopWithinMs: 30_000 };
  const child = await startChild(process.execPath, argv, { ...options, stdio: 'inherit' });
  releases.add(String(argv[0]), async (signal) => {
    await child.stop([signal]);
    // A program that ends on a signal may leave its own children behind.
    child.killRest();
  });
  const { code, signal } = await child.exited;
  return code ?? 128 + (SIGNAL_NUMBERS[/** @type {'SIGINT'} */ (signal)] ?? 9);
}

/**
 * @param {Extract<import('./commands.mjs').Request, { kind: 'run' }>} wanted
 * @returns {Promise<number>} resolves at the first signal with the exit code: a server that is asked to stop has not
 * failed
 */
function onSignals({ command }) {
  const endsWell = command.run === 'fleet' || command.run === 'wait';
  return new Promise((interrupt) => {
    let firstAt = 0;
    const receive = (/** @type {keyof typeof SIGNAL_NUMBERS} */ signal) => {
      const code = 128 + SIGNAL_NUMBERS[signal];
      if (signalled === undefined) {
        signalled = signal;
        firstAt = performance.now();
        report.line(`\n${signal}: stopping; once more to stop at once`);
        interrupt(endsWell ? 0 : code);
      } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
        killChildren();
        process.exit(code);
      }
    };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => receive(signal));
    if (process.env.npm_lifecycle_event === undefined) return;
    const parent = process.ppid;
    const poll = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(poll);
      if (signalled === undefined) receive('SIGTERM');
    }, PARENT_POLL_MS);
  });
}

/** @param {unknown} error */
function explain(error) {
  if (signalled === undefined)
    report.line(error instanceof SetupError ? `\n${error.message}` : String(/** @type {Error} */ (error).stack));
  return 1;
}
