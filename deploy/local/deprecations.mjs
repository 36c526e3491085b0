// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Deprecations of dependencies that we cannot mend, and why each may stay. A warning is tolerated when its text and
 * stack contain `match`.
 * @type {readonly { readonly match: string, readonly because: string }[]}
 */
const TOLERATED = [];

/**
 * Collects the warnings of every Node.js process that is started with this environment, and of those that they start,
 * in one file. No process fails where a warning is raised, so third-party code goes on, and npm, too.
 * @param {string} home the folder that the set-up keeps things in
 * @param {NodeJS.ProcessEnv} env whose NODE_OPTIONS are kept
 */
export function collectWarnings(home, env) {
  mkdirSync(join(home, 'warnings'), { recursive: true });
  const file = join(home, 'warnings', `${process.pid}-${Date.now()}.txt`);
  return {
    /** What the processes need in their environment. */
    env: {
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --trace-deprecation --redirect-warnings="${file}"`.trim(),
    },
    /** What was warned of until now, each warning once; the next call starts from nothing. */
    take() {
      if (!existsSync(file)) return { deprecations: [], others: [] };
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      return sortWarnings(text);
    },
  };
}

/**
 * Pure: tells deprecations that fail a run from other warnings, and drops those that are tolerated.
 * @param {string} text as Node.js writes it, e.g. `(node:4711) [DEP0040] DeprecationWarning: The punycode module ...`
 * @param {readonly { readonly match: string }[]} [tolerated]
 */
export function sortWarnings(text, tolerated = TOLERATED) {
  const warnings = new Set(
    text
      .split(/^\(node:\d+\) /m)
      .map((warning) => warning.trimEnd())
      .filter((warning) => warning !== ''),
  );
  const isDeprecation = (/** @type {string} */ warning) => /^(\[\w+\] )?DeprecationWarning: /.test(warning);
  const isTolerated = (/** @type {string} */ warning) => tolerated.some(({ match }) => warning.includes(match));
  return {
    deprecations: [...warnings].filter((warning) => isDeprecation(warning) && !isTolerated(warning)),
    others: [...warnings].filter((warning) => !isDeprecation(warning)),
  };
}

/**
 * Reports what was warned of.
 * @param {ReturnType<typeof sortWarnings>} warnings
 * @param {import('./report.mjs').Report} report
 * @returns {boolean} whether there was no deprecation
 */
export function reportWarnings({ deprecations, others }, report) {
  for (const warning of others) report.warn(warning);
  for (const warning of deprecations) report.line(`deprecated: ${warning}`);
  return deprecations.length === 0;
}
