import { readFileSync } from 'node:fs';
import { runSimulation } from './runSimulation.js';

const printed = runSimulation(process.argv.slice(2), {
  readFile: (path) => readFileSync(path, 'utf8'),
  isTerminal: process.stdout.isTTY === true,
});
if (printed.exitCode === 0) process.stdout.write(printed.out);
else process.stderr.write(printed.err);
process.exitCode = printed.exitCode;
