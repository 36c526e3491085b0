import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer } from './misbehaviour.js';
import type { Receiver } from './receiver.js';
import { createReceiver } from './receiver.js';

const SECRETS = { acme: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', other: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' };

let moods: Answer['kind'][];
let receiver: Receiver;
let url: string;

beforeEach(async () => {
  moods = [];
  receiver = createReceiver(SECRETS, { answer: () => ({ kind: moods.shift() ?? 'accept' }), latencyMs: () => 0 });
  url = await receiver.listen();
});
afterEach(() => receiver.close());

async function send(path: string, id: string, secret = SECRETS.acme): Promise<Response> {
  const now = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, now, '{}'),
  };
  return fetch(`${url}${path}`, { method: 'POST', headers, body: '{}' });
}

describe('createReceiver', () => {
  test('accepts what is signed with the secret of the tenant, and counts it once', async () => {
    expect((await send('/hooks/acme', 'a')).status).toBe(204);
    expect((await send('/hooks/acme', 'a')).status).toBe(204);
    expect((await send('/hooks/acme', 'b')).status).toBe(204);
    expect(receiver.receipts()).toMatchObject({ accepted: ['acme/a', 'acme/b'], repeated: 1, badSignatures: 0 });
  });

  test("refuses another tenant's signature, an unknown tenant and no signature", async () => {
    expect((await send('/hooks/acme', 'a', SECRETS.other)).status).toBe(401);
    expect((await send('/hooks/nobody', 'a')).status).toBe(401);
    expect((await fetch(`${url}/hooks/acme`, { method: 'POST', body: '{}' })).status).toBe(401);
    expect(receiver.receipts()).toMatchObject({ accepted: [], badSignatures: 3 });
  });

  test('asks to wait and fails as its moods are', async () => {
    moods = ['pace', 'fail'];
    const paced = await send('/hooks/acme', 'a');
    expect([paced.status, paced.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await send('/hooks/acme', 'a')).status).toBe(500);
    expect(receiver.receipts()).toMatchObject({ accepted: [], paced: 1, failed: 1 });
  });

  test('only fails at its broken endpoint', async () => {
    expect((await send('/broken/acme', 'a')).status).toBe(500);
    expect(receiver.receipts()).toMatchObject({ accepted: [], failed: 1 });
  });
});
