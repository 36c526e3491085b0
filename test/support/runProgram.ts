import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A program's output. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run a program of this repository. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /**
   * It is killed after this long, in ms: it must not outlive the test and retry connecting to the test's servers
   * forever.
   */
  readonly timeout: number;
}

const run = promisify(execFile);

/** Output limit: a program may print a long document. */
const MOST_BYTES = 64 * 1_024 * 1_024;

/** Number of last output lines to report on failure. */
const TOLD_LINES = 10;

/**
 * Runs a program with this Node and resolves with its output.
 * @throws Error with its last output lines when it fails or is killed
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
