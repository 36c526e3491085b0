import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arena, RoundReport } from '../round.js';

/** Tables of the ledger whose rows show how a violation came about. */
const TABLES = [
  'jobs',
  'attempts',
  'dead_letters',
  'effects',
  'fault_effects',
  'scaling_decisions',
  'faults.transitions',
];

/** Writes the evidence of a violation to a folder, beside the file of accepted ids. */
export async function keepEvidence({ stand, load }: Arena, round: RoundReport, folder: string): Promise<void> {
  const write = (name: string, what: unknown): Promise<void> =>
    writeFile(join(folder, name), typeof what === 'string' ? what : `${JSON.stringify(what, null, 1)}\n`, {
      mode: 0o600,
    });
  await write('round.json', round);
  await write('heard.json', [...load.book.entries.values()]);
  await write('effects.json', load.sink.hits);
  for (const { member } of stand.posts) {
    const lines = member.lines().map((line) => JSON.stringify(line));
    await write(`${member.name}.log`, `${lines.join('\n')}\n`);
  }
  for (const table of TABLES) {
    const { rows } = await stand.ledger.query(`SELECT * FROM ${table}`);
    await write(`${table}.json`, rows);
  }
}
