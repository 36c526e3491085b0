import { parseArgs } from 'node:util';

/** How the demo runs. */
export interface DemoOptions {
  /** What is shown: webhooks of many tenants, or ten users of one tenant and a quota of five. */
  readonly scene: 'webhooks' | 'quota';
  /** Leave the fleet up afterwards, until Ctrl-C. */
  readonly keep: boolean;
  /** Print one JSON document instead of a table. */
  readonly json: boolean;
  /** Seed of the receiver's moods. */
  readonly seed: number;
}

/** What `--help` prints. */
export const HELP = `Runs the whole fleet on real webhook payloads and checks, job by job, that nothing is lost.

  npm run demo [-- options]
  npm run demo -- quota [options]    ten users of one tenant ask GA4 at once, with a quota of five calls

  --keep       leave the fleet up afterwards, print its URLs, and stop at Ctrl-C
  --json       print one JSON document on standard output, and the progress on standard error;
               npm's own lines are left out by: npm run -s demo -- --json
  --seed N     seed of the receiver's moods, a whole number (default 1)
  --help       print this

Exits 0 when every accepted job was delivered or is dead as planned (with quota: when every user got its rows), 1 when not.`;

/**
 * Reads the command line.
 * @returns `help`, what is wrong with it, or the options
 */
export function readOptions(
  args: readonly string[],
): { kind: 'help' } | { kind: 'wrong'; why: string } | { kind: 'run'; options: DemoOptions } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        keep: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        seed: { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return { kind: 'help' };
    if (!/^\d{1,9}$/.test(values.seed)) return { kind: 'wrong', why: '--seed must be a whole number' };
    const [scene = 'webhooks', ...more] = positionals;
    if ((scene !== 'webhooks' && scene !== 'quota') || more.length > 0) {
      return { kind: 'wrong', why: `there is no demo "${positionals.join(' ')}"` };
    }
    return { kind: 'run', options: { scene, keep: values.keep, json: values.json, seed: Number(values.seed) } };
  } catch (error) {
    return { kind: 'wrong', why: error instanceof Error ? error.message : String(error) };
  }
}
