import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readOperatorKey } from './operatorKey.js';

const folder = mkdtempSync(join(tmpdir(), 'operator-key-'));
const key = 'k'.repeat(20);

afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, 'key');
  writeFileSync(path, text);
  return path;
}

describe('readOperatorKey', () => {
  it('takes the variable, else the file without its last line break', () => {
    expect(readOperatorKey({ key, keyFile: '/nowhere' })).toBe(key);
    expect(readOperatorKey({ key: undefined, keyFile: fileWith(`${key}\n`) })).toBe(key);
  });

  it('says what to set when there is no key, and which file it could not read', () => {
    expect(() => readOperatorKey({ key: undefined, keyFile: undefined })).toThrow('Set SLUICE_OPERATOR_KEY');
    expect(() => readOperatorKey({ key: undefined, keyFile: '/nowhere' })).toThrow('cannot read /nowhere');
  });

  it('refuses a key that is too short to be a secret, without showing it', () => {
    const short = 'hunter2';
    for (const from of [
      { key: short, keyFile: undefined },
      { key: undefined, keyFile: fileWith(short) },
    ]) {
      expect(() => readOperatorKey(from)).toThrow('at least 20 characters');
      expect(() => readOperatorKey(from)).not.toThrow(short);
    }
  });
});
