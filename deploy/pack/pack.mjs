// @ts-check
// Packs what outsiders install, one tarball for each package and process: `npm run pack [-- --to FOLDER] [name ...]`.
// Private packages are in no registry: they travel inside of the packages that need them, as bundled dependencies.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const SCOPE = '@sluice/';

/** Something that whoever packs can mend. */
class PackError extends Error {}

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {readonly string[]} [files]
 * @property {Record<string, string>} [dependencies]
 * @property {string[]} [bundleDependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/** @typedef {{ folder: string, manifest: Manifest }} Workspace */

const workspaces = readWorkspaces();

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PackError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** @param {readonly string[]} argv */
function main(argv) {
  const { to, names } = readArguments(argv);
  mkdirSync(to, { recursive: true });
  for (const workspace of chosen(names)) process.stdout.write(`${join(to, pack(workspace, to))}\n`);
}

/**
 * @param {readonly string[]} argv
 * @returns {{ to: string, names: readonly string[] }}
 */
function readArguments(argv) {
  const at = argv.indexOf('--to');
  if (at === -1) return { to: join(REPOSITORY, '.sluice/packages'), names: argv };
  const folder = argv[at + 1];
  if (folder === undefined) throw new PackError('--to needs a folder, e.g. `npm run pack -- --to /tmp/packages`.');
  return { to: resolve(folder), names: argv.filter((_, index) => index !== at && index !== at + 1) };
}

/**
 * @param {readonly string[]} names without the scope; all that is not private when there are none
 * @returns {readonly Workspace[]}
 */
function chosen(names) {
  const open = [...workspaces.values()].filter(({ manifest }) => manifest.private !== true);
  for (const name of names) {
    if (open.some(({ manifest }) => manifest.name === SCOPE + name)) continue;
    throw new PackError(
      `There is no package ${name} to pack. There are: ${open.map(({ manifest }) => bare(manifest.name)).join(', ')}.`,
    );
  }
  return names.length === 0 ? open : open.filter(({ manifest }) => names.includes(bare(manifest.name)));
}

/** @returns {ReadonlyMap<string, Workspace>} by name, in the order of the folders */
function readWorkspaces() {
  const folders = ['packages', 'apps'].flatMap((root) =>
    readdirSync(join(REPOSITORY, root)).map((name) => join(REPOSITORY, root, name)),
  );
  const found = folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
  return new Map(found.map((workspace) => [workspace.manifest.name, workspace]));
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/**
 * Packs one package from a folder that holds nothing but what belongs into it.
 * @param {Workspace} workspace
 * @param {string} to
 * @returns {string} the tarball's name
 */
function pack({ folder, manifest }, to) {
  const stage = mkdtempSync(join(tmpdir(), 'sluice-pack-'));
  try {
    const bundled = privateDependencies(manifest);
    const dependencies = { ...manifest.dependencies };
    for (const { manifest: inner } of bundled) Object.assign(dependencies, inner.dependencies);
    for (const { manifest: inner } of bundled) dependencies[inner.name] = inner.version;
    const { devDependencies: _, ...rest } = manifest;
    const bundleDependencies = bundled.map(({ manifest: inner }) => inner.name);
    write(stage, { ...rest, dependencies: sorted(dependencies), ...(bundled.length > 0 && { bundleDependencies }) });
    carry(folder, stage, manifest);
    for (const inner of bundled) {
      const home = join(stage, 'node_modules', inner.manifest.name);
      mkdirSync(home, { recursive: true });
      const { devDependencies: _dev, ...own } = inner.manifest;
      // What it needs is listed by the package that it travels in, so that npm installs it there.
      write(home, { ...own, dependencies: {} });
      carry(inner.folder, home, inner.manifest);
    }
    const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', to];
    const [packed] = JSON.parse(execFileSync('npm', options, { cwd: stage, encoding: 'utf8' }));
    return packed.filename;
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * The private packages that a package needs, directly or through another private one.
 * @param {Manifest} manifest
 * @returns {readonly Workspace[]}
 */
function privateDependencies(manifest) {
  /** @type {Map<string, Workspace>} */
  const found = new Map();
  /** @param {Manifest} of */
  const visit = (of) => {
    for (const name of Object.keys(of.dependencies ?? {})) {
      const needed = workspaces.get(name);
      if (needed?.manifest.private !== true || found.has(name)) continue;
      found.set(name, needed);
      visit(needed.manifest);
    }
  };
  visit(manifest);
  return [...found.values()];
}

/**
 * @param {string} from
 * @param {string} to
 * @param {Manifest} manifest
 */
function carry(from, to, { name, files = [] }) {
  for (const path of files.filter((one) => !one.startsWith('!'))) {
    if (!existsSync(join(from, path))) throw new PackError(`${name} has no ${path}: run \`npm run build\` first.`);
    cpSync(join(from, path), join(to, path), { recursive: true, filter: (file) => belongs(from, file) });
  }
  const readme = join(from, 'README.md');
  if (existsSync(readme)) cpSync(readme, join(to, 'README.md'));
  cpSync(join(REPOSITORY, 'LICENSE'), join(to, 'LICENSE'));
}

/**
 * Neither tests nor maps are packed, nor what the compiler made of a source that has been moved since.
 * @param {string} folder of the package
 * @param {string} file
 */
function belongs(folder, file) {
  if (/\.(test\.[^/]*|map|tsbuildinfo)$|\/dist\/bundle(?:\/|$)/.test(file)) return false;
  const [, path] = /^dist\/(.+?)(?:\.d)?\.[jt]s$/.exec(relative(folder, file)) ?? [];
  return path === undefined || existsSync(join(folder, 'src', `${path}.ts`));
}

/**
 * @param {string} folder
 * @param {object} manifest
 */
function write(folder, manifest) {
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * @param {Record<string, string>} record
 * @returns {Record<string, string>}
 */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param {string} name */
function bare(name) {
  return name.slice(SCOPE.length);
}
