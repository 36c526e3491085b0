import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { REPOSITORY } from '../docs/repository.js';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function listening(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`;
}

async function exitCodeFor(url: string): Promise<unknown> {
  const child = spawn(process.execPath, [join(REPOSITORY, 'deploy/docker/ready.mjs'), url], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  return code;
}

describe('the health check of a container', () => {
  it('passes when the process says that it is ready', async () => {
    expect(await exitCodeFor(await listening((_, response) => void response.end('{}')))).toBe(0);
  });

  it('fails when the process says that it is not', async () => {
    expect(await exitCodeFor(await listening((_, response) => void response.writeHead(503).end()))).toBe(1);
  });

  it('fails when nobody listens, and when nobody answers', async () => {
    expect(await exitCodeFor('http://127.0.0.1:1/readyz')).toBe(1);
    expect(await exitCodeFor(await listening(() => undefined))).toBe(1);
  });

  it('fails without a URL', async () => {
    expect(await exitCodeFor('')).toBe(1);
  });
});
