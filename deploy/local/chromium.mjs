// @ts-check
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { giveTo, makePassage } from './account.mjs';
import { endsWithin, runToEnd, startChild } from './child.mjs';
import { createReport, SetupError } from './report.mjs';
import { findOnPath, mayInstall } from './resolve.mjs';

/**
 * @typedef {{ executablePath: string, args: string[], headless: true }} Browser what playwright-core's launch() takes
 */

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
const START_WITHIN_MS = 20_000;
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Finds a Chromium for browser tests: one on the PATH; else the one in the npm package `@sparticuz/chromium`, unpacked
 * once; else, as root on Debian, the package `chromium`. SLUICE_INSTALL_CHROMIUM=1 prefers Debian's over npm's. It runs
 * without a sandbox: it only ever loads our own pages.
 * @returns {Promise<Browser>}
 */
export async function findChromium() {
  const carried = [fromPackage, fromDebian];
  if (process.env.SLUICE_INSTALL_CHROMIUM === '1') carried.reverse();
  for (const find of [fromPath, ...carried]) {
    const executablePath = await find();
    if (executablePath !== undefined && (await starts(executablePath))) {
      return { executablePath, args: ARGS, headless: true };
    }
  }
  throw new SetupError(
    'No working Chromium found: install one (Debian: `sudo apt-get install chromium`), then run this again.',
  );
}

async function fromPath() {
  return NAMES.map((name) => findOnPath(name)).find((path) => path !== undefined);
}

/** Unpacks beside the final name, so that concurrently starting test files never find a half-written program. */
async function fromPackage() {
  const manifest = packageFile();
  if (manifest === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const home = resolve(process.env.SLUICE_HOME || join(REPOSITORY, '.sluice'));
  const target = join(home, 'tools', `chromium-${version}`);
  const launcher = join(target, 'launch');
  if (existsSync(launcher)) return launcher;
  const draft = `${target}.${process.pid}`;
  makePassage(draft);
  // The package unpacks to the temporary folder; it unpacks its libraries for bare machines only if this variable is
  // set.
  const env = { ...process.env, TMPDIR: draft, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };
  const script = 'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath();';
  const unpacked = await runToEnd(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(manifest),
    env,
  });
  if (unpacked.ok) await writeLauncher(draft, target);
  if (process.getuid?.() === 0) giveTo({ uid: 0, gid: 0 }, draft); // as root, tar restores the archive's own accounts
  if (unpacked.ok && !existsSync(target)) renameSync(draft, target);
  rmSync(draft, { recursive: true, force: true });
  return unpacked.ok ? launcher : undefined;
}

function packageFile() {
  try {
    const entry = createRequire(join(REPOSITORY, 'test/package.json')).resolve('@sparticuz/chromium');
    const root = entry.slice(0, entry.lastIndexOf('@sparticuz/chromium') + '@sparticuz/chromium'.length);
    return join(root, 'package.json');
  } catch {
    return undefined;
  }
}

/**
 * Writes a script that provides the program with its bundled fonts, without which it crashes at the first form field on
 * a machine that has none, and with its libraries where the system lacks some.
 * @param {string} dir where the program is now
 * @param {string} target where it will be
 */
async function writeLauncher(dir, target) {
  const folders = [`${target}/fonts`, '/usr/share/fonts'].map((path) => `<dir>${escapeXml(path)}</dir>`).join('');
  const cache = `<cachedir>${escapeXml(target)}/fonts-cache</cachedir>`;
  writeFileSync(join(dir, 'fonts.conf'), `<?xml version="1.0"?>\n<fontconfig>${folders}${cache}</fontconfig>\n`);
  const { output } = await runToEnd('ldd', [join(dir, 'chromium')]);
  const libraries = output.includes('not found') ? 'export LD_LIBRARY_PATH="$here/al2023/lib"\n' : '';
  const script = `#!/bin/sh\nhere=$(dirname "$0")\nexport FONTCONFIG_FILE="$here/fonts.conf"\n${libraries}exec "$here/chromium" "$@"\n`;
  writeFileSync(join(dir, 'launch'), script);
  chmodSync(join(dir, 'launch'), 0o755);
}

/** @param {string} text */
function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

async function fromDebian() {
  if (!mayInstall(process.env) || process.getuid?.() !== 0 || findOnPath('apt-get') === undefined) return undefined;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await createReport().step("installing Debian's package chromium and what it needs on this system", async () => {
    await runToEnd('apt-get', ['update'], { env });
    return runToEnd('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env });
  });
  return fromPath();
}

/** Whether it starts far enough to accept commands, which reveals missing libraries. @param {string} executablePath */
async function starts(executablePath) {
  const profile = mkdtempSync(join(tmpdir(), 'sluice-chromium-'));
  const args = [...ARGS, '--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  const child = await startChild(executablePath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const listens = new Promise((listening) => {
    child.child.stderr?.on('data', (/** @type {Buffer} */ chunk) => {
      said += chunk;
      if (said.includes('DevTools listening')) listening(undefined);
    });
  });
  await endsWithin(Promise.race([listens, child.exited]), START_WITHIN_MS);
  child.kill();
  await child.exited;
  rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  return said.includes('DevTools listening');
}
