import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeKeyToEnode } from '@isoquorum/primitives/node-key';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Admission } from '../../admission/admission.ts';
import { createInvitation, encodeInvitation } from '../../admission/invitation.ts';
import { SYNC_PROTOCOL } from '../../protocols.ts';
import { testChain, testClock, testLogger, testRandom } from '../../testing/chain.ts';
import { until } from '../../testing/host-suite.ts';
import { addressOf, randomNodeKey, startTestNode } from '../../testing/node-net.ts';
import type { TestPage } from '../../testing/page/main.ts';
import { serveTestPage } from '../../testing/page/serve.ts';
import { createFileAdmission } from '../node/file-admission.ts';
import type { NodeHost } from '../node/host.ts';

/** A headless browser, or undefined with the reason printed. */
async function launchBrowser(): Promise<Browser | undefined> {
  try {
    const { chromium } = await import('playwright');
    const executablePath =
      process.env.CHROMIUM_PATH ?? (await (await import('@sparticuz/chromium')).default.executablePath());
    return await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  } catch (error) {
    console.warn(`skipped: no browser (${(error as Error).message})`);
    return undefined;
  }
}

const browser = await launchBrowser();

/** Inside the page. */
declare const testPage: TestPage;

describe.skipIf(browser === undefined)('browser host in a real browser', () => {
  let served: Awaited<ReturnType<typeof serveTestPage>>;
  let directory: string;
  let browsersFile: string;
  const nodeKeys = [randomNodeKey(), randomNodeKey()];
  const nodes: NodeHost[] = [];
  const admissions: Admission[] = [];
  let validators: string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'isoquorum-admission-'));
    browsersFile = join(directory, 'permissioned-browsers.json');
    served = await serveTestPage();
    for (const [index, nodeKey] of nodeKeys.entries()) {
      const enodes = nodeKeys.map((key) => nodeKeyToEnode(key, { host: '127.0.0.1', port: 1 }));
      const admission = await createFileAdmission({
        directory: join(directory, `node${index}`),
        nodeKey,
        genesisHash: testChain().genesisHash,
        clock: testClock,
        logger: testLogger(`admission${index}`),
        permissionedNodes: enodes,
        browsersFile,
        pollMs: 100,
      });
      admissions.push(admission);
      const host = await startTestNode({ nodeKey, admission, logger: testLogger(`node${index}`) });
      host.onRequest(SYNC_PROTOCOL, async (_, request) => request.map((byte) => byte * 2));
      nodes.push(host);
    }
    validators = nodes.map((node) => addressOf(node, 'ws'));
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all(admissions.map((admission) => admission.close()));
    await served?.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Another browser profile: its own IndexedDB. */
  async function openPage(name: string, options: { genesis?: number; withoutWebRtc?: boolean } = {}): Promise<Page> {
    const context = await browser!.newContext();
    if (options.withoutWebRtc === true)
      await context.addInitScript(() => {
        Object.assign(RTCPeerConnection.prototype, { createOffer: () => Promise.reject(new Error('forbidden here')) });
      });
    const page = await context.newPage();
    if (process.env.DEBUG_NETWORK !== undefined) page.on('console', (message) => console.error(name, message.text()));
    page.on('pageerror', (error) => console.error(name, error));
    await page.goto(served.url);
    await page.waitForFunction(() => 'testPage' in globalThis);
    await page.evaluate(([addresses, genesis]) => testPage.open(addresses, genesis), [
      validators,
      options.genesis,
    ] as const);
    return page;
  }

  function invite(name: string, overrides: { expires?: number; issuer?: number } = {}): string {
    const issuer = overrides.issuer ?? 0;
    return encodeInvitation(
      createInvitation({
        nodeKey: nodeKeys[issuer]!,
        genesisHash: testChain().genesisHash,
        multiaddrs: [validators[issuer]!, validators[1 - issuer]!],
        name,
        expires: overrides.expires ?? Math.floor(Date.now() / 1000) + 60,
        random: testRandom,
      }),
    );
  }

  const peersOf = (page: Page): Promise<ReturnType<TestPage['peers']>> => page.evaluate(() => testPage.peers());

  async function joinNetwork(page: Page, name: string): Promise<void> {
    await page.evaluate((text) => testPage.redeem(text), invite(name));
    await page.evaluate(() => testPage.start());
    await page.waitForFunction(() => testPage.peers().length >= 2);
  }

  it('keeps one identity whose private key cannot be exported', async () => {
    const page = await openPage('identity');
    const first = await page.evaluate(() => testPage.identity());
    expect(first.peerId).toMatch(/^12D3Koo/);
    expect(first.signature).toHaveLength(128);
    expect(first.exported).toBe('InvalidAccessError');
    await page.reload();
    await page.waitForFunction(() => 'testPage' in globalThis);
    expect((await page.evaluate(() => testPage.identity())).peerId).toBe(first.peerId);
    await page.context().close();
  });

  it('is refused without an invitation, and told why', async () => {
    const page = await openPage('stranger');
    await page.evaluate(() => testPage.start());
    await page.waitForFunction(() => testPage.failures().length > 1);
    expect(await peersOf(page)).toEqual([]);
    expect(await page.evaluate(() => testPage.failures()[0])).toMatch(/^NOT_ADMITTED/);
    await page.context().close();
  });

  it('redeems an invitation once, connects to two validators by WebSocket and asks them', async () => {
    const page = await openPage('first');
    const text = invite('first');
    expect(await page.evaluate((value) => testPage.redeem(value), text)).toMatchObject({ name: 'first' });
    await page.evaluate(() => testPage.start());
    await page.waitForFunction(() => testPage.peers().length === 2);
    const peers = await peersOf(page);
    expect(peers.map(({ transport, role }) => [transport, role])).toEqual([
      ['ws', 'node'],
      ['ws', 'node'],
    ]);
    for (const { id } of peers) {
      const answer = await page.evaluate((peer) => testPage.ask(peer, 'sync', 100_000), id);
      expect(answer).toMatchObject({ size: 100_000, first: 12 });
    }
    expect(nodes[0]!.peers().find(({ role }) => role === 'browser')).toMatchObject({ name: 'first', transport: 'ws' });
    const second = await openPage('second user of one invitation');
    await expect(second.evaluate((value) => testPage.redeem(value), text)).rejects.toThrow(/INVITATION_USED/);
    await expect(second.evaluate((value) => testPage.redeem(value), invite('late', { expires: 5 }))).rejects.toThrow(
      /INVITATION_EXPIRED/,
    );
    await second.context().close();
    await page.context().close();
  });

  it('connects two pages by WebRTC through a relay, and they talk directly', async () => {
    const [alice, bob] = [await openPage('alice'), await openPage('bob')];
    await Promise.all([joinNetwork(alice, 'alice'), joinNetwork(bob, 'bob')]);
    const { peerId } = await bob.evaluate(() => testPage.identity());
    const peer = await alice.evaluate((id) => testPage.dialPage(id), peerId);
    expect(peer).toMatchObject({ id: peerId, transport: 'webrtc' });
    const answer = await alice.evaluate((id) => testPage.ask(id, 'payload', 300_000), peerId);
    expect(answer).toMatchObject({ size: 300_000, first: 7 });
    // The signalling connection goes; what is direct stays when both relays are gone for the pages.
    await alice.waitForTimeout(500);
    expect(await peersOf(bob)).toContainEqual(expect.objectContaining({ role: 'browser', transport: 'webrtc' }));
    await alice.context().close();
    await until(() => nodes[0]!.peers().filter(({ role }) => role === 'browser').length === 1, 'alice gone');
    await bob.context().close();
  });

  it('falls back to the relay where WebRTC does not work', async () => {
    const [carol, dave] = [await openPage('carol', { withoutWebRtc: true }), await openPage('dave')];
    await Promise.all([joinNetwork(carol, 'carol'), joinNetwork(dave, 'dave')]);
    const { peerId } = await dave.evaluate(() => testPage.identity());
    const peer = await carol.evaluate((id) => testPage.dialPage(id), peerId);
    expect(peer).toMatchObject({ id: peerId, transport: 'relay' });
    const answer = await carol.evaluate((id) => testPage.ask(id, 'payload', 300_000), peerId);
    expect(answer).toMatchObject({ size: 300_000, first: 7 });

    // Dave can do WebRTC: when he dials, both go on directly.
    const carolId = (await carol.evaluate(() => testPage.identity())).peerId;
    await dave.evaluate((id) => testPage.dialPage(id), carolId);
    await carol.waitForFunction(() => testPage.peers().some(({ transport }) => transport === 'webrtc'));
    expect(await dave.evaluate((id) => testPage.ask(id, 'payload', 1000), carolId)).toMatchObject({ first: 7 });
    await carol.context().close();
    await dave.context().close();
  });

  it('loses its connections when it is removed from the list, and does not come back', async () => {
    const page = await openPage('removed');
    await joinNetwork(page, 'removed');
    const browsers = JSON.parse(await readFile(browsersFile, 'utf8')) as { name: string }[];
    expect(browsers.some(({ name }) => name === 'removed')).toBe(true);
    await writeFile(browsersFile, JSON.stringify(browsers.filter(({ name }) => name !== 'removed')));
    await page.waitForFunction(() => testPage.peers().length === 0);
    await page.waitForFunction(() => testPage.failures().some((text) => text.startsWith('NOT_ADMITTED')));
    expect(await peersOf(page)).toEqual([]);
    await page.context().close();
  });

  it('refuses a page of another chain', async () => {
    const page = await openPage('other chain', { genesis: 2 });
    await page.evaluate((text) => testPage.redeem(text), invite('other'));
    await page.evaluate(() => testPage.start());
    await page.waitForFunction(() => testPage.failures().length > 0);
    expect(await page.evaluate(() => testPage.failures()[0])).toMatch(/^GENESIS_MISMATCH/);
    await page.context().close();
  });
});
