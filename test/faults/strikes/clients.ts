import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Scene, Strike } from './scene.js';

/** Number of concurrent connections, each below a producer's limits. */
const CONNECTIONS = 200;

const slowloris: Strike = {
  name: 'slowloris',
  summary: 'many clients that send their request a byte at a time',
  async strike(scene) {
    const sockets = await crowd(scene, 'POST /api/v1/jobs HTTP/1.1\r\nHost: sluice\r\n');
    for (let second = 0; second < 6; second++) {
      await scene.lasts(1_000);
      for (const socket of sockets) if (socket.writable) socket.write('X');
    }
    end(sockets);
  },
};

const deaf: Strike = {
  name: 'deaf-clients',
  summary: 'many clients that ask for long answers and do not read them',
  async strike(scene) {
    const sockets = await crowd(scene, 'GET /docs/json HTTP/1.1\r\nHost: sluice\r\n\r\n'.repeat(20));
    await scene.lasts(6_000);
    end(sockets);
  },
};

async function crowd({ stand }: Scene, text: string): Promise<Socket[]> {
  const ports = stand.fronts.map((front) => Number(new URL(front).port));
  return Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, index) => {
      const socket = connect(ports[index % ports.length] ?? 0, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.on('connect', resolve).on('close', resolve));
      socket.pause();
      if (socket.writable) socket.write(text);
      return socket;
    }),
  );
}

function end(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** Client faults. */
export const CLIENT_STRIKES: readonly Strike[] = [slowloris, deaf];
