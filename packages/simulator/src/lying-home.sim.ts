import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { numberToRlp } from '@isoquorum/primitives/rlp';
import { decodeHomeRequest, encodeHomeAnswer } from '@isoquorum/privacy/home/messages';
import { createPageNetwork, type PageNetwork, type SimulatedPage } from './testing/page-network.ts';

const { contracts } = JSON.parse(
  readFileSync(new URL('../../../apps/playground/src/contracts/ready-made.json', import.meta.url), 'utf8'),
) as { contracts: { SimpleStorage: { bytecode: string } } };
const deploy = (value: bigint): string =>
  contracts.SimpleStorage.bytecode + bytesToHex(bigintToFixedBytes(value, 32)).slice(2);
const getData = '0x6d4ce63c';

let net: PageNetwork;

afterEach(async () => {
  vi.restoreAllMocks();
  await net.stopAll();
});

/** Two pages that know each other; the second is closed, so that what it is sent goes to its home. */
async function setUp(): Promise<{ ada: SimulatedPage; bob: SimulatedPage }> {
  net = await createPageNetwork();
  const ada = await net.addPage('ada');
  const bob = await net.addPage('bob');
  for (const page of [ada, bob])
    await net.runUntil(`${page.name} is ready`, () => page.participant.view().phase === 'ready');
  await net.runUntil('ada knows bob', () =>
    ada.participant.view().directory.some((entry) => entry.enclaveKey === bob.enclaveKey),
  );
  await bob.close();
  await net.run(3000);
  return { ada, bob };
}

async function deployFor(
  from: SimulatedPage,
  to: SimulatedPage,
  value: bigint,
): Promise<{ address: string; block: number }> {
  const params = [{ data: deploy(value), privateFor: [to.enclaveKey] }];
  const sent = from.participant.request({ method: 'eth_sendTransaction', params }, 'operation');
  const hash = await net.until('the envelope is sent', sent);
  const wait = from.participant.request({ method: 'isoquorum_waitForReceipt', params: [hash] }, 'operation');
  const receipt = (await net.until('the receipt', wait)) as { contractAddress: string; blockNumber: string };
  return { address: receipt.contractAddress, block: Number(receipt.blockNumber) };
}

function call(page: SimulatedPage, to: string): Promise<unknown> {
  const params = [{ to, data: getData }, 'latest'];
  return net.until('a call', page.participant.request({ method: 'eth_call', params }));
}

type HomeCall = PageNetwork['managers'][number]['running']['q2t']['home'];

/** Puts `answer` between the page and every home; undefined: the home's own. */
function intercept(page: SimulatedPage, answer: (request: Uint8Array) => Promise<Uint8Array> | undefined): () => void {
  const spies = net.managers.map(({ running: { q2t } }) => {
    const home: HomeCall = q2t.home.bind(q2t);
    return vi
      .spyOn(q2t, 'home')
      .mockImplementation(
        (peerId, request, signal) =>
          (peerId === page.peerId ? answer(request) : undefined) ?? home(peerId, request, signal),
      );
  });
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}

describe('a home that lies', () => {
  it('and does not say whether a payload waits: the private head waits with a reason, and goes on when it says', async () => {
    const { ada, bob } = await setUp();
    const { address, block } = await deployFor(ada, bob, 9n);
    const stop = intercept(bob, (request) =>
      decodeHomeRequest(request).method === 'waiting'
        ? Promise.reject(new IsoquorumError('HOME_FAILED', 'no', {}, 'RETRY'))
        : undefined,
    );
    await bob.open();
    await net.runUntil('bob follows the chain', () => bob.participant.view().head.number > block + 3);
    const waiting = bob.participant.view().privateHead;
    expect(waiting).toMatchObject({ state: 'waiting', detail: expect.stringContaining('home') });
    expect(waiting?.number).toBeLessThan(block);
    stop();
    await net.runUntil('bob has executed it', () => bob.participant.view().contracts.length === 1);
    expect(BigInt((await call(bob, address)) as string)).toBe(9n);
  });

  it('and says that nothing waits: nothing wrong is executed, and the page goes back when the payload comes', async () => {
    const { ada, bob } = await setUp();
    const { address, block } = await deployFor(ada, bob, 9n);
    const stop = intercept(bob, (request) => {
      const { method } = decodeHomeRequest(request);
      if (method === 'waiting') return Promise.resolve(encodeHomeAnswer([]));
      if (method !== 'poll') return undefined;
      return new Promise((resolve) =>
        net.clock.setTimer(1000, () => resolve(encodeHomeAnswer(numberToRlp(0), [], []))),
      );
    });
    await bob.open();
    await net.runUntil('bob is past the block', () => (bob.participant.view().privateHead?.number ?? 0) > block);
    expect(await call(bob, address)).toBe('0x');
    expect(bob.participant.view().transactions[0]).toMatchObject({ readability: 'stranger', data: undefined });
    stop();
    await net.runUntil('bob has executed it', () => bob.participant.view().contracts.length === 1);
    expect(BigInt((await call(bob, address)) as string)).toBe(9n);
    const roots = [];
    for (const page of [ada, bob])
      roots.push(await net.until('root', page.participant.request({ method: 'eth_storageRoot', params: [address] })));
    expect(roots[0]).toBe(roots[1]);
  });
});
