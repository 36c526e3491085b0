import { join } from 'node:path';
import { listSettings } from '@sluice/shared/config/setting';
import { describe, expect, it } from 'vitest';
import { betweenMarkers, tablesPerProcess } from './configurationTable.js';
import { PROCESS_NAMES, PROCESS_SETTINGS } from './processSettings.js';
import { REPOSITORY, textOf } from './repository.js';

// Write the tables anew with: npm run docs:generate
describe('the documented configuration', () => {
  it('is that of the code in docs/configuration.md', async () => {
    const path = 'docs/configuration.md';
    await expect(betweenMarkers(textOf(path), tablesPerProcess())).toMatchFileSnapshot(join(REPOSITORY, path));
  });
});

describe('every setting', () => {
  for (const name of PROCESS_NAMES) {
    it(`of ${name} shows the default that it has, and says what it means`, () => {
      for (const { env, schema, shownDefault, doc } of listSettings(PROCESS_SETTINGS[name])) {
        expect(env).toMatch(/^[A-Z][A-Z0-9_]+$/);
        expect(doc, env).toMatch(/^\S.+[^.\s]$/);
        const unset = schema.safeParse(undefined);
        const has = unset.success && unset.data !== undefined ? String(unset.data) : '';
        expect(shownDefault, env).toBe(has);
      }
    });

    it(`of ${name} is named once`, () => {
      const names = listSettings(PROCESS_SETTINGS[name]).map(({ env }) => env);
      expect(new Set(names).size).toBe(names.length);
    });
  }

  it('means the same in every process that reads it', () => {
    const meanings = new Map<string, string>();
    for (const { env, doc, shownDefault } of PROCESS_NAMES.flatMap((name) => listSettings(PROCESS_SETTINGS[name]))) {
      const meaning = `${doc} [${shownDefault}]`;
      expect(meanings.get(env) ?? meaning, env).toBe(meaning);
      meanings.set(env, meaning);
    }
  });
});
