import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures.ts';
import { runCommand } from './network.ts';
import { waitUntilReady } from './party.ts';

test('a page without an invitation cannot connect, and says why', async ({ browser, network }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto((network.file().playground ?? '').replace(/#.*$/, ''));
  await expect(page.getByTestId('problem')).toHaveAttribute('data-code', 'NO_INVITATION');
  await expect(page.getByTestId('status')).not.toHaveAttribute('data-phase', 'ready');
  await context.close();
});

test('an invitation works once', async ({ browser, network }) => {
  const child = runCommand(['invite', '--data-dir', network.dataDir, '--name', 'guest']);
  let printed = '';
  child.stdout?.on('data', (chunk: Uint8Array) => {
    printed += new TextDecoder().decode(chunk);
  });
  await new Promise((resolve) => child.once('exit', resolve));
  const address = printed.trim();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#invitation=/);
  const first = await browser.newContext();
  const page = await first.newPage();
  await page.goto(address);
  await waitUntilReady(page);
  const second = await browser.newContext();
  const late = await second.newPage();
  await late.goto(address);
  await expect(late.getByTestId('problem')).toHaveAttribute('data-code', 'INVITATION_USED', { timeout: 60_000 });
  await first.close();
  await second.close();
});

test('a page whose entry is removed is disconnected and cannot come back', async ({ network, party }) => {
  const alice = await party();
  const file = join(network.dataDir, 'permissioned-browsers.json');
  const list = JSON.parse(readFileSync(file, 'utf8')) as { peerId: string }[];
  expect(list.map((entry) => entry.peerId)).toContain(alice.peerId);
  writeFileSync(`${file}.new`, JSON.stringify(list.filter((entry) => entry.peerId !== alice.peerId)));
  renameSync(`${file}.new`, file);
  await expect(alice.page.getByTestId('problem')).toHaveAttribute('data-code', 'NOT_ADMITTED', { timeout: 60_000 });
  await alice.page.reload();
  await expect(alice.page.getByTestId('problem')).toHaveAttribute('data-code', /^(NOT_ADMITTED|NO_INVITATION)$/, {
    timeout: 60_000,
  });
  await expect(alice.page.getByTestId('head-mark')).not.toHaveAttribute('data-mark', 'verified');
});
