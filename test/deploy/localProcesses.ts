import { z } from 'zod';

const tableSchema = z.object({
  PROCESSES: z.record(z.string(), z.array(z.string())),
  MIGRATE: z.array(z.string()),
});

/** The start commands that `npm start` and the tests use: Node's arguments by process, `migrate` among them. */
export async function localStartCommands(): Promise<Record<string, string[]>> {
  const table: unknown = await import(new URL('../../deploy/local/processes.mjs', import.meta.url).href);
  const { PROCESSES, MIGRATE } = tableSchema.parse(table);
  return { ...PROCESSES, migrate: MIGRATE };
}
