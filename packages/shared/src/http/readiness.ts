import { within } from '../lifecycle/within.js';

/** Checks whether a process can do its work now. */
export type Readiness = () => Promise<{ readonly ready: boolean; readonly checks: Readonly<Record<string, boolean>> }>;

/** Runs the checks concurrently; a check that throws or takes over a second counts as failed. */
export function createReadiness(checks: Readonly<Record<string, () => Promise<unknown>>>): Readiness {
  return async () => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]): Promise<[string, boolean]> => [name, await answers(check)]),
    );
    return { ready: results.every(([, ok]) => ok), checks: Object.fromEntries(results) };
  };
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await within(1_000, check(), () => new Error('late'));
    return true;
  } catch {
    return false;
  }
}
