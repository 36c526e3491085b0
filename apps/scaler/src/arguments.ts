/** The command that the command line requests. */
export type ScalerCommand =
  | { readonly kind: 'run' }
  /** Decides and logs, but writes nothing. */
  | { readonly kind: 'dry-run' }
  | { readonly kind: 'help' }
  | { readonly kind: 'refuse'; readonly message: string };

/** The output of `--help`. */
export const HELP = `Decides how many slots each tenant has, and adds jobs again that Redis has lost.

  node apps/scaler/dist/bundle/main.js            runs the scaler; leads when no other scaler does
  node apps/scaler/dist/bundle/main.js --dry-run  never leads: logs its decisions and writes nothing

Settings come from the environment: docs/configuration.md.
`;

/** Parses the command-line arguments, without the first two entries of `process.argv`. */
export function parseArguments(given: readonly string[]): ScalerCommand {
  if (given.includes('--help') || given.includes('-h')) return { kind: 'help' };
  const unknown = given.find((argument) => argument !== '--dry-run');
  if (unknown !== undefined) return { kind: 'refuse', message: `${unknown} is not an option; see --help` };
  return given.length > 0 ? { kind: 'dry-run' } : { kind: 'run' };
}
