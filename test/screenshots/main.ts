import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRedis } from '@sluice/fleet/redis/connect';
import { fleetKeys } from '@sluice/fleet/redis/keys';
import { createLogger } from '@sluice/shared/telemetry/logger';
import type { Page } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { deleteKeys } from '../support/deleteKeys.js';
import { startFleetProcess } from '../support/fleetProcess.js';
import { fillLanes } from './fillLanes.js';

// Takes the pictures of the dashboard that the README shows, into docs/images.
// Needs a Redis: REDIS_URL=redis://127.0.0.1:6379 node test/dist/screenshots/main.js

const folder = process.argv[2] ?? fileURLToPath(new URL('../../../docs/images', import.meta.url));
const url = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const prefix = `pictures-${randomBytes(4).toString('hex')}`;
const operatorKey = randomBytes(24).toString('base64url');

const redis = createRedis({ url }, 'consumer', createLogger('screenshots', { level: 'warn' }));
await redis.start();
try {
  await mkdir(folder, { recursive: true });
  const lanes = await fillLanes(redis.client, fleetKeys(prefix));
  const environment = { REDIS_URL: url, SLUICE_PREFIX: prefix, SLUICE_OPERATOR_KEY: operatorKey };
  const dashboard = await startFleetProcess('dashboard', environment);
  const browser = await openBrowser();
  try {
    await takePictures(await browser.context.newPage(), dashboard.url);
  } finally {
    await browser.close();
    await dashboard.stop();
    await lanes.close();
  }
} finally {
  await deleteKeys(redis.client, prefix);
  await redis.stop(AbortSignal.timeout(1_000));
}

async function takePictures(page: Page, dashboardUrl: string): Promise<void> {
  await page.goto(dashboardUrl);
  await page.getByLabel('Operator key').fill(operatorKey);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('main').getByText('initech').first().waitFor();
  await picture(page, 'dashboard');
  await page.goto(`${dashboardUrl}/queue/acme.notifications`);
  await page.getByRole('main').getByText('notifications.webhook').first().waitFor();
  await picture(page, 'dashboard-queue');
}

async function picture(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready');
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  process.stdout.write(`${path}\n`);
}
