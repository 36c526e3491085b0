// @ts-check Bundles each process into one file, `apps/<process>/dist/bundle/main.js`: resolving, reading and linking a
// thousand modules one by one takes half of the start-up time. CommonJS stays outside, and scripts, migrations and
// pages stay where they are.
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const APPS = fileURLToPath(new URL('../../apps', import.meta.url));

/** Entries besides `main.js` that a process starts by their path relative to the file that names them. */
const MORE_ENTRIES = { worker: ['isolate/attemptMain', 'watch/watchThread'] };

/** Third-party ES modules worth bundling: many small files each. Everything else is loaded from node_modules. */
const INLINED = /^(?:@sluice\/|drizzle-orm|zod|uuid|jose|csv-stringify|fastify-type-provider-zod)/;

for (const app of readdirSync(APPS)) await bundle(app);

/** @param {string} app */
async function bundle(app) {
  const dist = join(APPS, app, 'dist');
  const folder = join(dist, 'bundle');
  const names = ['main', .../** @type {Record<string, string[]>} */ (MORE_ENTRIES[app] ?? [])];
  const entries = names.map((name) => join(dist, `${name}.js`));
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [String(/[^/]+(?=\.js$)/.exec(entry)), entry])),
    platform: 'node',
    // Bundles compiled output; an image has no sources that a tsconfig could name.
    tsconfig: false,
    external: (id) => !/^[./]/.test(id) && !INLINED.test(id),
    plugins: [{ name: 'places', transform: (code, id) => keepPlaces(code, id, { folder, entries }) }],
    logLevel: 'warn',
  });
  const before = new Set(readdirSync(dist).includes('bundle') ? readdirSync(folder) : []);
  const { output } = await bundled.write({ dir: folder, format: 'esm', chunkFileNames: '[name].js' });
  await bundled.close();
  // Processes may be starting from the old files: overwrite them in place, and remove leftovers last.
  for (const { fileName } of output) before.delete(fileName);
  for (const left of before) rmSync(join(folder, left), { recursive: true });
}

/**
 * Resolves files that a module locates relative to itself from the module's path before bundling; entries are part of
 * the bundle themselves.
 * @param {string} code
 * @param {string} id
 * @param {{ folder: string, entries: readonly string[] }} of
 */
function keepPlaces(code, id, { folder, entries }) {
  if (!code.includes('import.meta.url')) return null;
  const place = JSON.stringify(relative(folder, id));
  return code.replace(/(new URL\((['"`])(.*?)\2, )?import\.meta\.url/g, (text, call, _quote, path) => {
    const entry = call === undefined ? undefined : entries.find((one) => isAt(one, path, id));
    return entry === undefined ? `${call ?? ''}new URL(${place}, import.meta.url).href` : text;
  });
}

/**
 * @param {string} entry
 * @param {string} path
 * @param {string} from
 */
function isAt(entry, path, from) {
  return new URL(path, pathToFileURL(`${dirname(from)}/`)).href === pathToFileURL(entry).href;
}
