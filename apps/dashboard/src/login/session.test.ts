import { describe, expect, it } from 'vitest';
import { createSessions, SESSION_MS } from './session.js';

const KEY = 'the-operator-key-of-this-test';

describe('createSessions', () => {
  it('knows a session until it ends, 12 hours later', () => {
    let now = 1_800_000_000_000;
    const sessions = createSessions(KEY, () => now);
    const token = sessions.open();
    expect(sessions.endOf(token)).toBe(now + SESSION_MS);
    now += SESSION_MS - 1;
    expect(sessions.endOf(token)).not.toBeNull();
    now += 1;
    expect(sessions.endOf(token)).toBeNull();
  });

  it('is known to every replica with the same key, and to none with another', () => {
    const now = () => 1_800_000_000_000;
    const token = createSessions(KEY, now).open();
    expect(createSessions(KEY, now).endOf(token)).not.toBeNull();
    expect(createSessions(`${KEY}2`, now).endOf(token)).toBeNull();
  });

  it('does not know a token of which any character was changed', () => {
    const sessions = createSessions(KEY, () => 1_800_000_000_000);
    const token = sessions.open();
    for (let place = 0; place < token.length - 1; place++) {
      const other = token[place] === 'A' ? 'B' : 'A';
      expect(sessions.endOf(token.slice(0, place) + other + token.slice(place + 1))).toBeNull();
    }
    for (const bad of [undefined, '', '.', '..', `${token}.`, token.slice(1), `${token}A`]) {
      expect(sessions.endOf(bad)).toBeNull();
    }
  });

  it('takes the operator key and nothing else for the operator key', () => {
    const sessions = createSessions(KEY, Date.now);
    expect(sessions.isOperatorKey(KEY)).toBe(true);
    for (const other of ['', KEY.slice(1), `${KEY} `, KEY.toUpperCase()])
      expect(sessions.isOperatorKey(other)).toBe(false);
  });
});
