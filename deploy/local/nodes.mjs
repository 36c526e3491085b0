// @ts-check
import { join } from 'node:path';
import { runToEnd } from './child.mjs';
import { runNpm } from './dependencies.mjs';
import { collectWarnings, reportWarnings } from './deprecations.mjs';
import { chooseReleases, fetchNode, whyNoReleases } from './nodeReleases.mjs';
import { lastLines } from './report.mjs';

/** @typedef {import('./resolve.mjs').Context} Context */

const DEMO = { what: 'the demo', args: ['demo'] };
/** Without the demo's test, since the demo runs separately. */
const END_TO_END = { what: 'the end-to-end tests', args: ['test', 'test/e2e', '--exclude', 'test/e2e/demo.test.ts'] };

/**
 * Runs the demo and the end-to-end tests on every supported line of Node.js, after a dry-run installation of the
 * lockfile. Fails when one of them fails, requires a newer Node.js, or raises a deprecation warning. `npm test` already
 * runs the end-to-end tests on the line of the running Node.js: they are skipped there unless that line is requested.
 * @param {Context} context SLUICE_NODES in its environment chooses the lines, e.g. "24,26"
 * @returns {Promise<number>} the exit code
 */
export async function runOnNodes(context) {
  const { env, report } = context;
  const releases = chooseReleases(env.SLUICE_NODES);
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const { platform, arch } = process;
  const reason = whyNoReleases({ platform, arch, glibc: header.glibcVersionRuntime });
  if (reason !== undefined) {
    report.line(`skipped: ${reason}`);
    return 0;
  }
  let failed = 0;
  for (const release of releases) {
    const fetched = await fetchNode(release, context);
    const isTested = !env.SLUICE_NODES && majorOf(release.version) === majorOf(process.versions.node);
    if (!(await holdsOn(release.version, fetched, isTested ? [DEMO] : [DEMO, END_TO_END], context))) failed += 1;
  }
  report.line(failed === 0 ? 'every release holds' : `${failed} of ${releases.length} releases fail`);
  return failed === 0 ? 0 : 1;
}

/**
 * @param {string} version
 * @param {import('./nodeReleases.mjs').FetchedNode} fetched
 * @param {readonly (typeof DEMO)[]} runs
 * @param {Context} context
 */
async function holdsOn(version, { bin, npm }, runs, { env, home, repository, report }) {
  const node = join(bin, 'node');
  const installs = ['ci', '--dry-run', '--engine-strict', '--offline', '--no-audit', '--no-fund'];
  const install = await report.step(`Node.js ${version}: every package runs on it`, () =>
    runNpm(repository, installs, { node, npm }),
  );
  if (!install.ok) report.line(lastLines(install.output));
  let holds = install.ok;
  const warnings = collectWarnings(home, env);
  const environment = { ...env, ...warnings.env, PATH: `${bin}:${env.PATH}`, SLUICE_HOME: home };
  for (const { what, args } of runs) {
    const { ok, output } = await report.step(`Node.js ${version}: ${what}`, () =>
      runToEnd(node, ['deploy/local/run.mjs', ...args], { cwd: repository, env: environment }),
    );
    if (!ok) report.line(lastLines(output, 60));
    holds = reportWarnings(warnings.take(), report) && ok && holds;
  }
  return holds;
}

/** @param {string} version e.g. "26.12.1" */
function majorOf(version) {
  return version.split('.')[0];
}
