import { describe, expect, it } from 'vitest';
import { assertUsable } from './connect.js';

function serverThatSays(row: object): Parameters<typeof assertUsable>[0] {
  return { query: async () => ({ rows: [row] }) } as unknown as Parameters<typeof assertUsable>[0];
}

const ORDINARY = { version: 170_000, role: 'sluice_app', database: 'sluice', unbound: false };

describe('assertUsable', () => {
  it('takes an ordinary role of a server that is new enough', async () => {
    await expect(assertUsable(serverThatSays(ORDINARY))).resolves.toBeUndefined();
  });

  it('refuses a role above row-level security, with the line that makes an ordinary one', async () => {
    const asked = assertUsable(serverThatSays({ ...ORDINARY, role: 'postgres', unbound: true }));
    await expect(asked).rejects.toThrow(
      /"postgres" is a superuser.*CREATE ROLE sluice_app.*ALTER DATABASE "sluice" OWNER/,
    );
    await expect(asked).rejects.toMatchObject({ code: 'configuration' });
  });

  it('refuses a server that is too old', async () => {
    await expect(assertUsable(serverThatSays({ ...ORDINARY, version: 130_000 }))).rejects.toThrow(/14 or newer/);
  });
});
