import { type Browser, expect, type Page, test } from 'playwright/test';
import type { Lie } from './liar/lies.ts';
import { type Liar, startLiar } from './liar/start-liar.ts';
import { type RunningNetwork, rpc, startNetwork, until } from './network.ts';
import { openParty, type Party } from './party.ts';

/**
 * Issue 3, "What shows it" 2(d): one of the four validators is replaced by a liar with that validator's own key and ports. It can sign as
 * a validator, it knows the real chain, and it may say to pages what it likes.
 */
interface Header {
  readonly number: string;
  readonly hash: string;
}

const LIAR = 'node2';

let network: RunningNetwork;
let liar: Liar;
let party: Party;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  test.setTimeout(300_000);
  network = await startNetwork(27_000, '--no-restart');
  party = await openParty(browser as Browser, network);
  const pid = network.file().nodes.find(({ name }) => name === LIAR)?.pid;
  expect(pid).toBeGreaterThan(1);
  process.kill(pid as number, 'SIGKILL');
  liar = await startLiar(network.dataDir, LIAR);
});

test.afterAll(async () => {
  await party?.close();
  await liar?.stop();
  await network?.stop();
});

function honestUrls(): string[] {
  return network
    .file()
    .nodes.filter(({ name }) => name !== LIAR)
    .map(({ http }) => http);
}

async function headNumber(url: string): Promise<number> {
  return Number(await rpc<string>(url, 'eth_blockNumber'));
}

/** Reads what the page shows about its head: number and full hash of one render. */
async function shownHead(page: Page): Promise<{ readonly number: number; readonly hash: string }> {
  return page.evaluate(() => {
    const text = (id: string): string => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? '';
    const hash = document.querySelector('[data-testid="head-hash"]')?.getAttribute('data-value') ?? '';
    return { number: Number(text('head-number').replaceAll(/\D/g, '')), hash };
  });
}

/** The page's head is a block of the honest chain, and all honest nodes have that block. */
async function expectHonestHead(page: Page, forged: ReadonlySet<string>): Promise<number> {
  const head = await shownHead(page);
  expect(forged.has(head.hash)).toBe(false);
  for (const url of honestUrls()) {
    const real = await until(
      `block ${head.number} at ${url}`,
      () => rpc<Header | null>(url, 'eth_getBlockByNumber', `0x${head.number.toString(16)}`, false),
      (found) => found !== null,
    );
    expect(real?.hash).toBe(head.hash);
  }
  return head.number;
}

/** Lets the liar tell one lie, from now on, until the page shows that it refused it, with the reason. */
async function refusedAs(page: Page, lie: Lie, code: string, reason: RegExp, times = 1): Promise<void> {
  await test.step(`${lie} → ${code}`, async () => {
    liar.tell(lie);
    const refusals = page.locator(`[data-testid="refusal"][data-code="${code}"]`).filter({ hasText: reason });
    await expect
      .poll(() => refusals.count(), { message: `${lie} is refused as ${code}`, timeout: 40_000 })
      .toBeGreaterThanOrEqual(times);
    expect(liar.hashes(lie).size).toBeGreaterThan(0);
  });
}

test('forged blocks of a lying validator are refused with their reasons, while the page follows the honest ones', async () => {
  test.setTimeout(300_000);
  const { page } = party;
  await page.getByTestId('nav-party').click();
  await expect(page.locator(`[data-testid="peer"][data-peer="${liar.peerId}"]`)).toBeVisible({ timeout: 60_000 });
  await page.getByTestId('nav-network').click();
  const start = await headNumber(honestUrls()[0] ?? '');
  await expect(page.getByTestId('head-mark')).toHaveAttribute('data-mark', 'verified');

  await refusedAs(page, 'sealedByLiarAlone', 'SEALS_BELOW_QUORUM', /carries 1 seals? of 4 validators; 3 are needed/);
  await refusedAs(page, 'sealedByLiarThrice', 'SEAL_DUPLICATE', /carries two seals of 0x/);
  await refusedAs(page, 'sealedByStrangers', 'SEAL_BY_STRANGER', /which is not a validator/);
  await refusedAs(page, 'sealedByNobody', 'SEALS_MISSING', /no seal at all/);
  await refusedAs(page, 'madeByStranger', 'AUTHOR_UNAUTHORIZED', /made by somebody who is not a validator/);
  await refusedAs(page, 'ofAnotherParent', 'UNKNOWN_PARENT', /does not follow the block that was checked before it/);
  await refusedAs(page, 'withAnotherBody', 'BODY_MISMATCH', /body .* is not the sealed one/);

  // Several real blocks later the liar still lies about the next one.
  await expect.poll(async () => (await shownHead(page)).number, { timeout: 60_000 }).toBeGreaterThan(start + 3);
  const forged = new Set(
    (
      [
        'sealedByLiarAlone',
        'sealedByLiarThrice',
        'sealedByStrangers',
        'madeByStranger',
        'ofAnotherParent',
        'withAnotherBody',
      ] as const
    ).flatMap((lie) => [...liar.hashes(lie)]),
  );
  const number = await expectHonestHead(page, forged);
  expect(liar.hashes('withAnotherBody').size).toBeGreaterThan(1);
  liar.tell(undefined);
  await expect(page.getByTestId('head-mark')).toHaveAttribute('data-mark', 'verified');

  // The other validators were not disturbed: they go on, agree, and still count the liar among their peers.
  const reached = Math.min(...(await Promise.all(honestUrls().map(headNumber))));
  expect(reached).toBeGreaterThan(number - 2);
  for (const url of honestUrls())
    expect((await rpc<{ readonly id: string }[]>(url, 'admin_peers')).map(({ id }) => id)).toContain(liar.peerId);
});

test('a page that hears the liar alone stands still and says why, until it hears an honest validator', async () => {
  test.setTimeout(300_000);
  const { context } = party;
  const before = await shownHead(party.page);
  await party.page.close();
  const honestPorts = network
    .file()
    .nodes.filter(({ name }) => name !== LIAR)
    .map((node) => /\/tcp\/(\d+)\/ws/.exec(JSON.stringify(node))?.[1]);
  expect(honestPorts).toHaveLength(3);
  let cut = true;
  await context.routeWebSocket(
    (url) => honestPorts.includes(url.port),
    async (socket) => {
      if (cut) await socket.close({ code: 1001, reason: 'cut off by the test' });
      else socket.connectToServer();
    },
  );
  // Several blocks that the page does not know, all of them really decided.
  const [url = ''] = honestUrls();
  await until(
    'four more blocks',
    () => headNumber(url),
    (number) => number >= before.number + 5,
  );

  liar.tell('sealsCut');
  const page = await context.newPage();
  await page.goto((network.file().playground ?? '').replace(/#.*$/, ''));
  await page.getByTestId('nav-network').click();
  await expect.poll(async () => (await shownHead(page)).number, { timeout: 60_000 }).toBeGreaterThan(0);
  const held = await shownHead(page);

  await refusedAs(page, 'sealsCut', 'SEALS_BELOW_QUORUM', /carries 2 seals of 4 validators; 3 are needed/);
  await refusedAs(page, 'sealTwice', 'SEAL_DUPLICATE', /carries two seals of 0x/);
  await refusedAs(page, 'sealOfStranger', 'SEAL_BY_STRANGER', /which is not a validator/);
  await refusedAs(page, 'rootChanged', 'SEAL_BY_STRANGER', /which is not a validator/, 2);
  await refusedAs(page, 'bodyChanged', 'BODY_MISMATCH', /is not the sealed one/);
  await refusedAs(page, 'gap', 'UNKNOWN_PARENT', /does not follow the block that was checked before it/);
  expect(await shownHead(page)).toEqual(held);
  await expect(page.getByTestId('head-mark')).not.toHaveAttribute('data-mark', 'verified');

  cut = false;
  liar.tell('rootChanged');
  await expect.poll(async () => (await shownHead(page)).number, { timeout: 60_000 }).toBeGreaterThan(held.number + 5);
  await expect(page.getByTestId('head-mark')).toHaveAttribute('data-mark', 'verified', { timeout: 30_000 });
  await expectHonestHead(page, liar.hashes('rootChanged'));
});
