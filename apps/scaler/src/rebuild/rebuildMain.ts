import { setTimeout as pause } from 'node:timers/promises';
import { memorySettings, postgresSettings, redisSettings } from '@sluice/shared/config/fragments';
import { loadOrExit } from '@sluice/shared/config/loadOrExit';
import { loadConfig } from '@sluice/shared/config/setting';
import { FleetError } from '@sluice/shared/errors/fleetError';
import { monotonicMs } from '@sluice/shared/lifecycle/clock';
import { HELP } from './help.js';
import { readCommand } from './options.js';
import { runRebuild } from './runRebuild.js';

const command = readCommand(process.argv.slice(2));
if (command.kind === 'help') {
  process.stdout.write(HELP);
} else if (command.kind === 'refuse') {
  process.stderr.write(`${command.message}\n`);
  process.exitCode = 2;
} else {
  const config = loadOrExit(() =>
    loadConfig({ redis: redisSettings, memory: memorySettings, postgres: postgresSettings }, process.env),
  );
  const machine = { monotonicMs, pause: (ms: number) => pause(ms) };
  const voice = {
    out: (line: string) => process.stdout.write(`${line}\n`),
    err: (text: string) => process.stderr.write(text),
  };
  try {
    process.exitCode = await runRebuild(command.options, config, machine, voice);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
