import chromium from '@sparticuz/chromium';
import { defineConfig } from 'playwright/test';

/** The browser that npm brought (Linux), or the one that CHROMIUM_PATH names. */
const executablePath =
  process.env['CHROMIUM_PATH'] ?? (process.platform === 'linux' ? await chromium.executablePath() : undefined);

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  timeout: 120_000,
  expect: { timeout: 30_000 },
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  reporter: 'list',
  use: {
    headless: true,
    launchOptions: {
      ...(executablePath === undefined ? { channel: 'chrome' } : { executablePath }),
      args: ['--no-sandbox'],
    },
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  outputDir: '../test-results',
});
