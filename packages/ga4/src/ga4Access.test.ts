import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readGa4Access } from './ga4Access.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ACCOUNT = {
  type: 'service_account',
  client_email: 'reports@example.iam.gserviceaccount.com',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};
const folder = mkdtempSync(join(tmpdir(), 'ga4-'));
afterAll(() => rmSync(folder, { recursive: true }));

const nothing = { endpoint: undefined, credentialsFile: undefined, credentials: undefined };

describe('readGa4Access', () => {
  it("calls Google's own host unless told otherwise", async () => {
    const access = await readGa4Access({ ...nothing, credentials: JSON.stringify(ACCOUNT) });
    expect(access.endpoint.href).toBe('https://analyticsdata.googleapis.com/');
    expect(access).toMatchObject({ isOwnEndpoint: false, account: { client_email: ACCOUNT.client_email } });
    expect(await readGa4Access({ ...nothing, endpoint: 'http://ga4.internal:8080' })).toMatchObject({
      isOwnEndpoint: true,
      account: null,
    });
  });

  it('reads the key from a file', async () => {
    const credentialsFile = join(folder, 'key.json');
    writeFileSync(credentialsFile, `${JSON.stringify(ACCOUNT)}\n`);
    expect(await readGa4Access({ ...nothing, credentialsFile })).toMatchObject({ account: ACCOUNT });
  });

  it('refuses what cannot be a key without quoting it', async () => {
    const secret = 'SECRET-OF-THE-KEY';
    const bad = [
      secret,
      `{"private_key": "${secret}"`,
      JSON.stringify({ ...ACCOUNT, private_key: secret }),
      '{}',
      'null',
    ];
    for (const credentials of [...bad, JSON.stringify({ ...ACCOUNT, type: 'authorized_user' })]) {
      const error = await readGa4Access({ ...nothing, credentials }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'configuration' });
      expect(`${JSON.stringify(error)}${(error as Error).stack}${String((error as Error).cause)}`).not.toContain(
        secret,
      );
    }
  });

  it('refuses two keys, a file that is not there, an endpoint with more than a host, and a key over plain HTTP', async () => {
    const credentials = JSON.stringify(ACCOUNT);
    const bad = [
      { ...nothing, credentials, credentialsFile: '/nowhere' },
      { ...nothing, credentialsFile: '/nowhere' },
      { ...nothing, endpoint: 'https://user:pass@host' },
      { ...nothing, endpoint: 'https://host/v1beta' },
      { ...nothing, credentials, endpoint: 'http://ga4.example' },
    ];
    for (const settings of bad) {
      await expect(readGa4Access(settings)).rejects.toMatchObject({ code: 'configuration' });
    }
    await expect(readGa4Access({ ...nothing, credentials, endpoint: 'http://127.0.0.1:1' })).resolves.toBeTruthy();
  });
});
