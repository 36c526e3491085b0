import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { chromium } from 'playwright-core';

/** A test's own browser, and its network requests. */
export interface TestBrowser {
  readonly context: BrowserContext;
  /** URL of every request that pages made. */
  readonly requests: readonly string[];
  /** Errors and warnings that pages wrote to the console, and uncaught exceptions. */
  readonly complaints: readonly string[];
  /** Closes the browser and deletes its profile. */
  close(): Promise<void>;
}

/** How the browser renders pages. */
export interface BrowserLook {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** What `deploy/local/chromium.mjs` finds. */
interface FoundChromium {
  readonly executablePath: string;
  readonly args: readonly string[];
}

const REPOSITORY = import.meta.url.replace(/test\/(?:dist\/)?support\/[^/]*$/, '');

/** No requests other than the pages' own, and rendering that does not depend on the machine's graphics. */
const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-pings',
  '--no-first-run',
  '--disable-gpu',
  '--font-render-hinting=none',
];

/** Starts a headless Chromium with an empty profile; `deploy/local/chromium.mjs` chooses which. */
export async function openBrowser(look: BrowserLook = {}): Promise<TestBrowser> {
  const found = await findChromium();
  const profile = await mkdtemp(join(tmpdir(), 'sluice-browser-'));
  const fonts = join(profile, 'fonts.conf');
  await writeFile(fonts, fontConfiguration(dirname(found.executablePath), profile));
  const context = await chromium.launchPersistentContext(join(profile, 'data'), {
    executablePath: found.executablePath,
    args: [...found.args, ...FLAGS],
    env: { ...environmentOf(process.env), FONTCONFIG_FILE: fonts },
    viewport: { width: look.width ?? 1_280, height: look.height ?? 800 },
    colorScheme: look.colorScheme ?? 'light',
    locale: 'en-US',
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (error) => complaints.push(String(error.error())));
  return {
    context,
    requests,
    complaints,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function findChromium(): Promise<FoundChromium> {
  const finder = (await import(new URL('deploy/local/chromium.mjs', REPOSITORY).href)) as {
    findChromium(): Promise<FoundChromium>;
  };
  return finder.findChromium();
}

/** Prefers the browser's bundled fonts over the machine's own: a bare machine has none. */
function fontConfiguration(browser: string, profile: string): string {
  const prefer = (family: string, font: string): string =>
    `<alias><family>${family}</family><prefer><family>${font}</family></prefer></alias>`;
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${browser}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${profile}/fonts</cachedir>
  ${prefer('sans-serif', 'Open Sans')}
  ${prefer('system-ui', 'Open Sans')}
  ${prefer('monospace', 'DejaVu Sans Mono')}
</fontconfig>
`;
}

function environmentOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
