import { fileURLToPath } from 'node:url';
import { fleet } from './benches/fleet.js';
import { queue } from './benches/queue.js';
import { throughput } from './benches/throughput.js';
import { readCommand } from './harness/command.js';
import { runBench } from './harness/runBench.js';

const BENCHES = [throughput, fleet, queue];
/** This file runs as test/dist/bench/main.js. */
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

const command = readCommand(process.argv.slice(2), process.env, BENCHES);
if (command.kind === 'say') {
  (command.exitCode === 0 ? console.log : console.error)(command.text);
  process.exitCode = command.exitCode;
} else {
  await runBench(command, REPOSITORY);
}
