// @ts-check

/**
 * What a command needs before it runs, and what it runs.
 * servers: `kept` are those of `npm start`; `fresh` ones last as long as the run; `fresh-or-containers` leaves them
 *   to the tests where a Docker engine is available.
 * run: each line is one program with its arguments, run one after the other with Node; the person's own arguments go
 *   to the last one. A function is named where the command is part of the set-up.
 * deprecationsFail: the command fails when a process that it starts raises a deprecation warning.
 * @typedef {object} Command
 * @property {string} does one line for --help
 * @property {boolean} [dependencies]
 * @property {boolean} [build]
 * @property {'kept' | 'fresh' | 'fresh-or-containers'} [servers]
 * @property {number} [busyLoops] number of programs that only consume CPU while the command runs
 * @property {boolean} [tellsCpu] report the CPU time at the end
 * @property {boolean} [deprecationsFail]
 * @property {readonly (readonly string[])[] | 'fleet' | 'nodes' | 'wait' | 'program' | 'nothing'} run
 */

const TESTS = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts'];
const BIOME = 'node_modules/@biomejs/biome/bin/biome';

/** @type {Readonly<Record<string, Command>>} */
export const COMMANDS = {
  demo: {
    does: 'run jobs that call real webhooks and verify every delivery; --keep leaves the fleet running',
    dependencies: true,
    build: true,
    servers: 'fresh',
    run: [['test/dist/demo/main.js']],
  },
  start: {
    does: 'run the fleet in the foreground with persistent data, until Ctrl+C',
    dependencies: true,
    build: true,
    servers: 'kept',
    run: 'fleet',
  },
  test: {
    does: 'run all tests; arguments are passed to vitest',
    dependencies: true,
    build: true,
    servers: 'fresh-or-containers',
    tellsCpu: true,
    deprecationsFail: true,
    run: [TESTS],
  },
  stress: {
    does: 'run every test beside two busy loops, as on a machine that others use',
    dependencies: true,
    build: true,
    servers: 'fresh-or-containers',
    busyLoops: 2,
    deprecationsFail: true,
    run: [TESTS],
  },
  'test:nodes': {
    does: 'run the demo and the end-to-end tests on the oldest and the latest releases of Node.js',
    dependencies: true,
    build: true,
    run: 'nodes',
  },
  bench: {
    does: 'run a benchmark, e.g. `npm run bench -- throughput`',
    dependencies: true,
    build: true,
    servers: 'fresh',
    run: [['test/dist/bench/main.js']],
  },
  faults: {
    does: 'inject random faults into a fleet under load and check its guarantees; --minutes N',
    dependencies: true,
    build: true,
    run: [['test/dist/faults/main.js']],
  },
  simulate: {
    does: "run the scaler's decisions against a load in simulated time, e.g. `npm run simulate -- --load 'step:1->5@2m'`",
    dependencies: true,
    build: true,
    run: [['apps/scaler/dist/simulate/simulateMain.js']],
  },
  rebuild: {
    does: 'rebuild Redis from the ledger; see `npm run rebuild -- --help`',
    dependencies: true,
    build: true,
    servers: 'kept',
    run: [['apps/scaler/dist/rebuild/rebuildMain.js']],
  },
  screenshots: {
    does: 'take the screenshots of the dashboard for the README',
    dependencies: true,
    build: true,
    servers: 'fresh',
    run: [['test/dist/screenshots/main.js']],
  },
  servers: { does: 'run only Redis and PostgreSQL, until Ctrl+C', dependencies: true, servers: 'kept', run: 'wait' },
  check: {
    does: 'check format, lint, import cycles, types and unused code',
    dependencies: true,
    run: [
      [BIOME, 'format'],
      [BIOME, 'lint', '--error-on-warnings'],
      ['node_modules/typescript/bin/tsc', '-b'],
      ['node_modules/knip/bin/knip.js'],
    ],
  },
  exec: { does: 'run a program from node_modules/.bin with arguments', dependencies: true, run: 'program' },
  setup: { does: 'install dependencies and build only', dependencies: true, build: true, run: 'nothing' },
};

/**
 * @typedef {{ kind: 'run', name: string, command: Command, args: string[] } | { kind: 'help' } | { kind: 'unknown',
 * message: string }} Request
 */

/**
 * Parses the command line. Everything after the command's name belongs to the command.
 * @param {readonly string[]} argv
 * @returns {Request}
 */
export function readRequest(argv) {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return { kind: 'help' };
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    return { kind: 'unknown', message: `Unknown command ${name}. Commands: ${Object.keys(COMMANDS).join(', ')}.` };
  if (command.run === 'program' && args.length === 0)
    return { kind: 'unknown', message: 'exec needs a program, e.g. `exec vitest --help`.' };
  return { kind: 'run', name, command, args };
}

/** The text of --help. */
export function helpText() {
  const rows = Object.entries(COMMANDS).map(([name, { does }]) => `  ${name.padEnd(11)} ${does}`);
  return `Usage: node deploy/local/run.mjs <command> [arguments]

Installs and starts what is missing (npm packages, build, Redis, PostgreSQL), then runs the command.

${rows.join('\n')}

Environment:
  REDIS_URL, DATABASE_URL      existing servers to use instead of starting them
  SLUICE_HOME                  folder for data, tools and logs (default: .sluice)
  SLUICE_NODES                 lines of Node.js for test:nodes, e.g. 24,26 (default: all)
  SLUICE_NO_INSTALL=1          never use the system's package manager
  PORT, DASHBOARD_PORT, HOST   where npm start listens (default: 3000, 3001, 127.0.0.1)
  SLUICE_WORKERS               minimum worker processes of npm start (default: 1)
  SLUICE_MAX_WORKERS           maximum worker processes of npm start (default: number of cores, at most 4)
`;
}
