import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { connect as connectTls } from 'node:tls';

/** Counts commands until it is told to stop. */
export interface CommandCount {
  /** Ends the count; commands since its start, those left out that scripts ran. */
  stop(): number;
}

/** A command that a client sent, as `MONITOR` tells it: `+1700000000.123456 [0 127.0.0.1:5000] "GET" "a"`. */
const SENT = /^\+\d+\.\d+ \[\d+ (?!lua\])/;

/**
 * Counts what is sent to a Redis by `MONITOR`, over a socket of its own: a client that matches answers with commands breaks where
 * what it monitors comes together with the answer to `MONITOR` itself.
 * @param redisUrl `redis://` or `rediss://`, with its password
 */
export async function countCommands(redisUrl: string): Promise<CommandCount> {
  const { protocol, hostname, port, username, password } = new URL(redisUrl);
  const address = { host: hostname, port: Number(port || '6379') };
  const socket = protocol === 'rediss:' ? connectTls({ ...address, servername: hostname }) : connect(address);
  await once(socket, protocol === 'rediss:' ? 'secureConnect' : 'connect');
  const lines = createInterface({ input: socket });
  let commands = 0;
  const monitoring = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    let answers = password === '' ? 1 : 2;
    lines.on('line', (line) => {
      if (SENT.test(line)) commands++;
      else if (line.startsWith('-')) reject(new Error(`Redis refuses to be monitored: ${line.slice(1)}`));
      else if (--answers === 0) resolve();
    });
  });
  const user = username === '' ? [] : [decodeURIComponent(username)];
  if (password !== '') socket.write(toCommand(['AUTH', ...user, decodeURIComponent(password)]));
  socket.write(toCommand(['MONITOR']));
  await monitoring;
  return {
    stop() {
      lines.close();
      socket.destroy();
      return commands;
    },
  };
}

/** In Redis's protocol. */
function toCommand(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`;
}
