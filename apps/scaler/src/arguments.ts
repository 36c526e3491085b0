/** What the command line asks for. */
export type ScalerCommand =
  | { readonly kind: 'run' }
  /** Decide and log, but write nothing. */
  | { readonly kind: 'dry-run' }
  | { readonly kind: 'help' }
  | { readonly kind: 'refuse'; readonly message: string };

/** What `--help` prints. */
export const HELP = `Decides how many slots each tenant has, and adds jobs again that Redis has lost.

  node apps/scaler/dist/bundle/main.js            runs the scaler; leads when no other scaler does
  node apps/scaler/dist/bundle/main.js --dry-run  never leads: logs its decisions and writes nothing

Settings come from the environment: docs/configuration.md.
`;

/** Reads the command line, without the program's own two entries. */
export function parseArguments(given: readonly string[]): ScalerCommand {
  if (given.includes('--help') || given.includes('-h')) return { kind: 'help' };
  const unknown = given.find((argument) => argument !== '--dry-run');
  if (unknown !== undefined) return { kind: 'refuse', message: `${unknown} is not an option; see --help` };
  return given.length > 0 ? { kind: 'dry-run' } : { kind: 'run' };
}
