import { openGa4Server } from '../ga4/ga4Server.js';

/**
 * A local server that speaks GA4's protocol, in a process of its own: to be started by the demo, or by hand with
 * `node test/dist/demo/ga4ServerMain.js [port] [calls per window] [window in ms]`. Prints where it listens.
 */
const [port = 0, callsPerWindow = 5, hourMs = 60_000] = process.argv.slice(2).map(Number);
const server = await openGa4Server({ port, callsPerWindow, limits: { hourMs }, answerMs: 300, tells: 'retry-after' });
console.log(JSON.stringify({ msg: 'ready', url: server.url, callsPerWindow, windowMs: hourMs }));

const stop = (): void => void server.close();
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// A parent that forked it takes it along.
process.once('disconnect', stop);
process.send?.(server.url);
