import { resolve } from 'node:path';
import { describeViolations } from './invariants/check.js';
import { readSoakCommand } from './soak/options.js';
import { createProgress } from './soak/progress.js';
import type { SoakReport } from './soak/soak.js';
import { runSoak } from './soak/soak.js';
import { summarise, tableOf } from './soak/table.js';
import { STRIKES } from './strikes/strikes.js';

const LARGEST_SEED = 1_000_000;

const command = readSoakCommand(process.argv.slice(2), STRIKES, Math.floor(Math.random() * LARGEST_SEED));
const stopper = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopper.abort(new Error(signal)));

if (command.kind === 'help') {
  console.log(command.text);
} else if (command.kind === 'wrong') {
  console.error(command.text);
  process.exitCode = 1;
} else {
  const { options } = command;
  const progress = createProgress(process.stderr);
  progress.say(`seed ${options.seed}`);
  const home = resolve(process.env.SLUICE_HOME ?? '.sluice');
  const report = await runSoak(options, { home, progress, stop: stopper.signal });
  tell(report);
  process.exitCode = report.evidence !== null ? 1 : stopper.signal.aborted ? 130 : 0;

  function tell({ rounds, evidence }: SoakReport): void {
    const faults = summarise(rounds);
    const findings = rounds.flatMap((round) => round.findings);
    const violations = rounds.flatMap((round) => round.violations);
    if (options.json) {
      console.log(JSON.stringify({ seed: options.seed, minutes: options.minutes, faults, rounds, evidence }, null, 2));
      return;
    }
    console.log(`\n${tableOf(faults)}`);
    if (violations.length > 0) console.log(describeViolations(violations));
    if (findings.length > 0) console.log('\nMeasured beyond their bounds, on this machine:');
    for (const finding of findings) console.log(`  ${finding}`);
    if (evidence !== null) console.log(`\nWhat shows it is in ${evidence}`);
  }
}
