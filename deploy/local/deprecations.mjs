// @ts-check
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Deprecations in dependencies that we cannot fix, and why each is tolerated. A warning is tolerated when its text and
 * stack contain `match`.
 * @type {readonly { readonly match: string, readonly because: string }[]}
 */
const TOLERATED = [];

/**
 * Collects the warnings of every Node.js process started with this environment, and of its descendants, in one file. A
 * warning does not fail the process that raises it, so third-party code and npm continue.
 * @param {string} home the folder that the set-up stores its files in
 * @param {NodeJS.ProcessEnv} env whose NODE_OPTIONS are kept
 */
export function collectWarnings(home, env) {
  mkdirSync(join(home, 'warnings'), { recursive: true });
  const file = join(home, 'warnings', `${process.pid}-${Date.now()}.txt`);
  return {
    /** Environment variables for the processes. */
    env: {
      NODE_OPTIONS: `${env.NODE_OPTIONS ?? ''} --trace-deprecation --redirect-warnings="${file}"`.trim(),
    },
    /** Returns the warnings so far, without duplicates, and clears them. */
    take() {
      if (!existsSync(file)) return { deprecations: [], others: [] };
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      return sortWarnings(text);
    },
  };
}

/**
 * Separates deprecations that fail a run from other warnings, and drops tolerated ones. Pure.
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
 * Reports the warnings.
 * @param {ReturnType<typeof sortWarnings>} warnings
 * @param {import('./report.mjs').Report} report
 * @returns {boolean} whether there was no deprecation
 */
export function reportWarnings({ deprecations, others }, report) {
  for (const warning of others) report.warn(warning);
  for (const warning of deprecations) report.line(`deprecated: ${warning}`);
  return deprecations.length === 0;
}
