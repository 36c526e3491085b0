import { runDemo } from './demo.js';
import { HELP, readOptions } from './options.js';
import { runQuotaDemo } from './quota/quotaDemo.js';

const { REDIS_URL: redisUrl, DATABASE_URL: databaseUrl } = process.env;
const asked = readOptions(process.argv.slice(2));
const stopper = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopper.abort(new Error(signal)));

if (asked.kind === 'help') {
  console.log(HELP);
} else if (asked.kind === 'wrong') {
  console.error(`${asked.why}\n\n${HELP}`);
  process.exitCode = 1;
} else if (redisUrl === undefined || databaseUrl === undefined) {
  console.error('Run the demo with: npm run demo');
  process.exitCode = 1;
} else {
  try {
    const surroundings = { redisUrl, databaseUrl, out: process.stdout, err: process.stderr, stop: stopper.signal };
    const run = asked.options.scene === 'quota' ? runQuotaDemo : runDemo;
    process.exitCode = (await run(asked.options, surroundings)) ? 0 : 1;
  } catch (error) {
    process.exitCode = stopper.signal.aborted ? 130 : 1;
    console.error(stopper.signal.aborted ? 'Stopped.' : error);
  }
}
