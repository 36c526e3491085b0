// @ts-check
// Ends the children of a process that was killed. Reads lines on stdin: `+ pid signal...` for a child that was
// started, `- pid` for one that ended. When stdin ends, its writer has ended: the remaining children are stopped, the
// last started first, each with its own signals and then SIGKILL.
import { createInterface } from 'node:readline';

const WAIT_PER_SIGNAL_MS = 8_000;
const POLL_MS = 50;

/** @type {Map<number, NodeJS.Signals[]>} */
const children = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const [sign, pid, ...signals] = line.split(' ');
  if (sign === '+') children.set(Number(pid), /** @type {NodeJS.Signals[]} */ (signals));
  else children.delete(Number(pid));
}
for (const [pid, signals] of [...children].reverse()) await end(pid, signals);

/**
 * @param {number} pid
 * @param {NodeJS.Signals[]} signals
 */
async function end(pid, signals) {
  for (const signal of signals) {
    const deadline = Date.now() + WAIT_PER_SIGNAL_MS;
    send(pid, signal);
    while (Date.now() < deadline) {
      if (!send(pid, 0)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  send(-pid, 'SIGKILL');
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 */
function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
