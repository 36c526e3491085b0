import { parseArgs } from 'node:util';

/** What to do with the fleet's existing data in Redis. */
export type HeldPolicy = 'refuse' | 'merge' | 'empty';

/** Options of the rebuild command. */
export interface RebuildOptions {
  readonly held: HeldPolicy;
  readonly dryRun: boolean;
  /** Whether to skip the confirmation before emptying. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** The command that the command line requests. */
export type RebuildCommand =
  | { readonly kind: 'run'; readonly options: RebuildOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refuse'; readonly message: string };

const FLAGS = {
  'dry-run': { type: 'boolean', default: false },
  merge: { type: 'boolean', default: false },
  empty: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Parses the command-line arguments, without the first two entries of `process.argv`. */
export function readCommand(given: readonly string[]): RebuildCommand {
  try {
    const { values } = parseArgs({ args: [...given], options: FLAGS });
    if (values.help) return { kind: 'help' };
    if (values.merge && values.empty) {
      return { kind: 'refuse', message: '--merge keeps what Redis holds and --empty deletes it: choose one.' };
    }
    const held = values.merge ? 'merge' : values.empty ? 'empty' : 'refuse';
    return { kind: 'run', options: { held, dryRun: values['dry-run'], yes: values.yes, json: values.json } };
  } catch (error) {
    return { kind: 'refuse', message: error instanceof Error ? error.message : String(error) };
  }
}
