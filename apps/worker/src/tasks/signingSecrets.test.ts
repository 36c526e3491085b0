import { describe, expect, test } from 'vitest';
import { createSigningSecrets } from './signingSecrets.js';

function open(answers: (string | null | Error)[]) {
  const asked: string[] = [];
  let nowMs = 0;
  const secretOf = createSigningSecrets(
    async (tenantId) => {
      asked.push(tenantId);
      const answer = answers.shift() ?? null;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    () => nowMs,
  );
  return { asked, secretOf, pass: (ms: number) => (nowMs += ms) };
}

describe('createSigningSecrets', () => {
  test('asks once for callers of the same time, and again when the secret is old', async () => {
    const { asked, secretOf, pass } = open(['whsec_old', 'whsec_new']);
    expect(await Promise.all([secretOf('acme'), secretOf('acme')])).toEqual(['whsec_old', 'whsec_old']);
    pass(29_999);
    expect(await secretOf('acme')).toBe('whsec_old');
    expect(asked).toEqual(['acme']);
    pass(1);
    expect(await secretOf('acme')).toBe('whsec_new');
  });

  test('tells tenants apart', async () => {
    const { secretOf } = open(['whsec_a', 'whsec_b']);
    expect([await secretOf('a'), await secretOf('b'), await secretOf('a')]).toEqual(['whsec_a', 'whsec_b', 'whsec_a']);
  });

  test('does not remember a look-up that failed', async () => {
    const { secretOf } = open([new Error('away'), null, 'whsec_a']);
    await expect(secretOf('acme')).rejects.toThrow('away');
    await expect(secretOf('acme')).rejects.toMatchObject({ code: 'not_found' });
    await expect(secretOf('acme')).resolves.toBe('whsec_a');
  });
});
