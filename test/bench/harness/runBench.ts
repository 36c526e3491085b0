import { join } from 'node:path';
import type { Command } from './command.js';
import type { BenchDocument } from './document.js';
import { benchDocumentSchema } from './document.js';
import { describeCommit, describeMachine } from './machine.js';
import { saveReport, toTable } from './report.js';
import { openBenchServers } from './servers.js';

/** Runs a bench, prints its table or its document, and keeps the result when it was a full run. */
export async function runBench(
  { bench, json, options }: Extract<Command, { kind: 'run' }>,
  repository: string,
): Promise<void> {
  const tell = json ? console.error : console.log;
  tell(`${bench.summary}\n${bench.method.map((sentence) => `- ${sentence}`).join('\n')}\n`);
  const result = await bench.measure({ ...options, progress: tell });
  const document: BenchDocument = benchDocumentSchema.parse({
    bench: bench.name,
    commit: await describeCommit(repository),
    machine: await machineOf(options),
    rows: result.rows,
  });
  if (json) console.log(JSON.stringify(document));
  else console.log(`\n${toTable(document.rows)}`);
  if (!options.save) return;
  await saveReport(join(repository, 'docs/benchmarks'), bench, document, result, new Date());
  tell(`kept in docs/benchmarks/${bench.name}.json and .md`);
}

async function machineOf(urls: { readonly redisUrl: string; readonly databaseUrl: string }) {
  const servers = await openBenchServers(urls.redisUrl, urls.databaseUrl);
  try {
    return await describeMachine(servers);
  } finally {
    await servers.close();
  }
}
