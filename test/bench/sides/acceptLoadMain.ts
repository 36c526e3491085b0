import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { z } from 'zod';
import { quantile } from '../../support/quantile.js';
import { answerCalls, nowMs } from '../harness/childCalls.js';

const loadArgument = z.object({
  url: z.string(),
  tokens: z.array(z.string()).min(1),
  body: z.record(z.string(), z.unknown()),
  connections: z.int().positive(),
  seconds: z.number().positive(),
});

/** What the connections of one load have in common. */
interface Load {
  readonly endMs: number;
  readonly answersMs: number[];
  /** Answers within the time. */
  jobs: number;
  answered: number;
  refused: string | null;
}

/** End of the headers, and the one header that tells where the answer ends. */
const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)/i;

/** Posts one job after the other on one connection until the time is over. */
async function postAgainAndAgain(socket: Socket, request: Buffer, load: Load): Promise<void> {
  let sentMs = 0;
  let received: Buffer | null = null;
  const send = (): void => {
    sentMs = nowMs();
    socket.write(request);
  };
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server ended a connection')));
    socket.on('data', (data: Buffer) => {
      received = received === null ? data : Buffer.concat([received, data]);
      if (!isWhole(received)) return;
      note(received, sentMs, load);
      received = null;
      if (nowMs() < load.endMs && load.refused === null) send();
      else resolve();
    });
    send();
  });
  socket.removeAllListeners('close').destroy();
}

function isWhole(received: Buffer): boolean {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  const length = LENGTH.exec(received.toString('latin1', 0, headEnd))?.[1];
  if (length === undefined) throw new Error('an answer does not tell its length');
  return received.length >= headEnd + HEAD_END.length + Number(length);
}

function note(answer: Buffer, sentMs: number, load: Load): void {
  const atMs = nowMs();
  if (answer.toString('latin1', 9, 12) !== '202') {
    load.refused ??= answer.toString('utf8').slice(0, 1_000);
    return;
  }
  load.answered++;
  if (atMs > load.endMs) return;
  load.jobs++;
  load.answersMs.push(atMs - sentMs);
}

async function run(argument: unknown): Promise<object> {
  const { url, tokens, body, connections, seconds } = loadArgument.parse(argument);
  const { hostname, port, host } = new URL(url);
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      await once(socket, 'connect');
      return socket;
    }),
  );
  const startedMs = nowMs();
  const cpuBefore = process.cpuUsage();
  const load: Load = { endMs: startedMs + seconds * 1_000, answersMs: [], jobs: 0, answered: 0, refused: null };
  const text = JSON.stringify(body);
  await Promise.all(
    sockets.map((socket, index) =>
      postAgainAndAgain(socket, toRequest(host, tokens[index % tokens.length] ?? '', text), load),
    ),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = load.answersMs.sort((a, b) => a - b);
  return {
    jobs: load.jobs,
    tookMs: seconds * 1_000,
    p50Ms: quantile(sorted, 0.5) ?? 0,
    p99Ms: quantile(sorted, 0.99) ?? 0,
    cpuUs: user + system,
    answered: load.answered,
    refused: load.refused,
  };
}

function toRequest(host: string, token: string, body: string): Buffer {
  const lines = [
    'POST /api/v1/jobs HTTP/1.1',
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

answerCalls({ load: run });
