import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a program printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program of this repository is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** It is ended after so long, in ms: it must not outlive the test, whose servers it would look for for ever. */
  readonly timeout: number;
}

const run = promisify(execFile);

/** A document that a program prints may be long. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** Lines of what it said at the end that tell why it failed. */
const TOLD_LINES = 10;

/**
 * Runs a program with this Node and resolves with what it printed.
 * @throws Error with the last lines that it printed, when it fails or is ended
 */
export async function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<Printed> {
  try {
    return await run(process.execPath, [file, ...args], { ...options, maxBuffer: MOST_BYTES });
  } catch (error) {
    const { code, signal, stdout = '', stderr = '' } = error as Partial<Printed> & { code?: number; signal?: string };
    const said = (stderr.trim() === '' ? stdout : stderr).trimEnd().split('\n').slice(-TOLD_LINES);
    throw new Error(`${[file, ...args].join(' ')} ended with ${signal ?? code}:\n${said.join('\n').slice(-2_000)}`);
  }
}
