import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

// Imported before a process's own main file; leaves its CPU profile when it ends. Node does not allow --cpu-prof in
// NODE_OPTIONS, which is all that a process started as in production can be given.
const directory = process.env.PROFILE_DIR ?? '.';
const name = process.env.PROFILE_NAME ?? 'worker';
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.start');
process.once('exit', () => {
  session.post('Profiler.stop', (error, stopped) => {
    if (error !== null) return;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${name}-${process.pid}.cpuprofile`), JSON.stringify(stopped.profile));
  });
});
