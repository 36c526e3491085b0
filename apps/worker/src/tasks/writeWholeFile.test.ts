import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeWholeFile } from './writeWholeFile.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

function write(source: Iterable<string> | AsyncIterable<string>, attempt = 1, signal = new AbortController().signal) {
  const path = join(folder, 'acme', 'file.csv');
  return writeWholeFile({ path, attempt, source: [Readable.from(source), new PassThrough()], signal });
}

describe('writeWholeFile', () => {
  test('writes the file and measures it', async () => {
    await expect(write(['a', 'bc'])).resolves.toEqual({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    expect(await readFile(join(folder, 'acme/file.csv'), 'utf8')).toBe('abc');
    expect(await readdir(join(folder, 'acme'))).toEqual(['file.csv']);
  });

  test('leaves the older file as it is when it cannot finish', async () => {
    await write(['old']);
    async function* breaking() {
      yield 'half';
      throw new Error('source broke');
    }
    await expect(write(breaking(), 2)).rejects.toThrow('source broke');
    expect(await readFile(join(folder, 'acme/file.csv'), 'utf8')).toBe('old');
    expect(await readdir(join(folder, 'acme'))).toEqual(['file.csv']);
  });

  test('takes away what the attempt before it left when its process died', async () => {
    await write(['old']);
    await writeFile(join(folder, 'acme/file.csv.1.part'), 'half');
    await write(['new'], 2);
    expect(await readdir(join(folder, 'acme'))).toEqual(['file.csv']);
    expect(await readFile(join(folder, 'acme/file.csv'), 'utf8')).toBe('new');
  });

  test("ends with the signal's reason and without a file when that aborts", async () => {
    const stop = new AbortController();
    async function* endless() {
      yield 'first';
      stop.abort('cancelled');
      for (;;) yield 'more';
    }
    await expect(write(endless(), 1, stop.signal)).rejects.toBe('cancelled');
    expect(await readdir(join(folder, 'acme'))).toEqual([]);
  });
});
