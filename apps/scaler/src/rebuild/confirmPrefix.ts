import { createInterface } from 'node:readline/promises';

/** Asks the operator to type the fleet's prefix; returns false without a terminal. */
export async function confirmPrefix(prefix: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await terminal.question(
      `This deletes every key of the fleet. Type its prefix, ${prefix}, to continue: `,
    );
    return typed.trim() === prefix;
  } finally {
    terminal.close();
  }
}
