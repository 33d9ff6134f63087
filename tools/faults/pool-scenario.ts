import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { rpc, until } from '../../e2e/network.ts';
import { createSenders, rpcBatch, type Sender, signCall, sleep } from '../bench/network.ts';
import { expectThat } from './expect-that.ts';
import type { FaultNetwork } from './fault-network.ts';

const chainId = 1_337;
const noData = new Uint8Array(0);
/** Creation code that loops until its gas is nearly used up: a transaction that takes long. */
const burner = hexToBytes('0x5b620186a05a10600d576000565b00');

interface Signed {
  readonly raw: string;
  readonly hash: string;
}

interface MinedTransaction {
  readonly hash: string;
  readonly from: string;
  readonly nonce: string;
}

interface MinedBlock {
  readonly timestamp: string;
  readonly transactions: readonly MinedTransaction[];
}

/** A sender with all its transactions by nonce; the first is held back, and for some another one. */
interface Queue {
  readonly sender: Sender;
  readonly address: string;
  readonly signed: readonly Signed[];
  /** Nonces that are sent late. */
  readonly held: readonly number[];
  /** Which node takes them. */
  readonly node: number;
}

const signed = (raw: string): Signed => ({ raw, hash: bytesToHex(keccak256(hexToBytes(raw))) });

function send(url: string, transactions: readonly Signed[]): Promise<unknown[]> {
  return rpcBatch(
    url,
    transactions.map(({ raw }) => ({ method: 'eth_sendRawTransaction', params: [raw] })),
  );
}

/** Another transaction with a nonce that is taken. */
function rivalOf({ sender }: Queue, nonce: number): Signed {
  return signed(signCall({ ...sender, nonce: BigInt(nonce) }, chainId, sender.address, Uint8Array.of(1), 30_000n));
}

function createQueues(waiting: number): readonly Queue[] {
  const senders = createSenders(20);
  const each = Math.floor(waiting / senders.length);
  return senders.map((sender, index) => ({
    sender,
    address: bytesToHex(sender.address),
    signed: Array.from({ length: each }, () => signed(signCall(sender, chainId, sender.address, noData, 21_000n))),
    held: index < 5 ? [0, Math.floor(each / 2)] : [0],
    node: index % 2,
  }));
}

const minedNonce = async (url: string, address: string): Promise<number> =>
  Number(await rpc<string>(url, 'eth_getTransactionCount', address, 'latest'));

async function queuedAt(url: string): Promise<number> {
  return Number((await rpc<{ queued: string }>(url, 'txpool_status')).queued);
}

const noncesAt = (url: string, addresses: Iterable<string>): Promise<number[]> =>
  Promise.all([...addresses].map((address) => minedNonce(url, address)));

/** Waits until every node has mined so much of each sender. */
async function untilNonces(network: FaultNetwork, wanted: ReadonlyMap<string, number>): Promise<void> {
  for (const index of network.up()) {
    await until(
      `the pool drains as far as the gaps let it, at ${network.members[index]?.name}`,
      () => noncesAt(network.url(index), wanted.keys()),
      (nonces) => nonces.join() === [...wanted.values()].join(),
      120_000,
    );
  }
}

async function blocksFrom(network: FaultNetwork, first: number): Promise<readonly MinedBlock[]> {
  const last = await network.height(2);
  const blocks: MinedBlock[] = [];
  for (let number = first; number <= last; number += 1)
    blocks.push(await rpc<MinedBlock>(network.url(2), 'eth_getBlockByNumber', `0x${number.toString(16)}`, true));
  return blocks;
}

async function untilPoolsEmpty(network: FaultNetwork): Promise<void> {
  await until(
    'all pools are empty',
    () => Promise.all(network.up().map((index) => rpc(network.url(index), 'txpool_status'))),
    (all) => all.every((status) => JSON.stringify(status) === '{"pending":"0x0","queued":"0x0"}'),
    60_000,
  );
}

async function expectRefused(url: string, { raw }: Signed, text: string): Promise<void> {
  const outcome = await rpc(url, 'eth_sendRawTransaction', raw).catch((error: unknown) => String(error));
  expectThat(String(outcome).includes(text), `a replacement ended with ${String(outcome)}, not ${text}`);
}

/** Where gas has no price a replacement can pay no more: the first stays. A node that does not know the first takes the other, and one of both is mined. */
async function sendRivals(network: FaultNetwork, queues: readonly Queue[]): Promise<ReadonlyMap<string, string>> {
  const rivals = new Map<string, string>();
  for (const queue of queues.slice(0, 4)) {
    const text = 'replacement transaction underpriced';
    await expectRefused(network.url(queue.node), rivalOf(queue, 10), text);
    const elsewhere = rivalOf(queue, 12);
    await send(network.url(2), [elsewhere]);
    rivals.set(queue.signed[12]?.hash ?? '', elsewhere.hash);
  }
  return rivals;
}

/** Every transaction once, or its rival in its place, and nothing else. */
function expectMined(
  blocks: readonly MinedBlock[],
  queues: readonly Queue[],
  rivals: ReadonlyMap<string, string>,
): void {
  for (const { address, signed: all } of queues) {
    const mined = blocks.flatMap(({ transactions }) => transactions.filter(({ from }) => from === address));
    expectThat(mined.length === all.length, `${mined.length} of ${all.length} transactions of ${address} were mined`);
    for (const [nonce, { hash }] of all.entries()) {
      const found = mined[nonce];
      const isIt = found?.hash === hash || (found !== undefined && found.hash === rivals.get(hash));
      expectThat(isIt && Number(found?.nonce) === nonce, `${found?.hash} was mined at nonce ${nonce} of ${address}`);
    }
  }
}

/** A pool of many, with gaps that close late or stay open for long, and with replacements. */
async function manyWaiting(network: FaultNetwork, waiting: number, say: (what: string) => void): Promise<void> {
  const queues = createQueues(waiting);
  const first = (await network.height(0)) + 1;
  for (const { signed: all, held, node } of queues) {
    const early = all.filter((_, nonce) => !held.includes(nonce));
    for (let at = 0; at < early.length; at += 100) await send(network.url(node), early.slice(at, at + 100));
  }
  const rivals = await sendRivals(network, queues);
  const sentCount = queues.reduce((sum, { signed: all, held }) => sum + all.length - held.length, 0);
  const queued = (await queuedAt(network.url(0))) + (await queuedAt(network.url(1)));
  expectThat(queued === sentCount, `${queued} transactions wait behind gaps, not ${sentCount}`);
  await sleep(3_000);
  await untilNonces(network, new Map(queues.map(({ address }) => [address, 0])));

  const began = performance.now();
  await send(
    network.url(0),
    queues.flatMap(({ signed: all }) => all.slice(0, 1)),
  );
  await untilNonces(network, new Map(queues.map(({ address, signed: all, held }) => [address, held[1] ?? all.length])));
  const spentMs = performance.now() - began;
  await sleep(3_000);
  const gapped = queues.filter(({ held }) => held.length > 1);
  const atGap = await noncesAt(
    network.url(0),
    gapped.map(({ address }) => address),
  );
  expectThat(
    atGap.every((nonce, index) => nonce === gapped[index]?.held[1]),
    `beyond open gaps: ${atGap.join()}`,
  );
  await send(
    network.url(1),
    gapped.flatMap(({ signed: all, held }) => all[held[1] ?? 0] ?? []),
  );
  await untilNonces(network, new Map(queues.map(({ address, signed: all }) => [address, all.length])));
  await untilPoolsEmpty(network);
  expectMined(await blocksFrom(network, first), queues, rivals);
  say(
    `${waiting} waiting transactions: exactly the expected ones were mined, in ${(spentMs / 1000).toFixed(1)} s after the gaps closed; what was behind open gaps waited`,
  );
}

/** Transactions that take longer than a block period, and a short one beside them. */
async function longOnes(network: FaultNetwork, say: (what: string) => void): Promise<void> {
  const began = performance.now();
  const first = (await network.height(0)) + 1;
  const [slow, light] = createSenders(2) as [Sender, Sender];
  const heavy = Array.from({ length: 3 }, () => signed(signCall(slow, chainId, undefined, burner, 700_000_000n)));
  await send(network.url(0), heavy);
  await send(network.url(1), [signed(signCall(light, chainId, light.address, noData, 21_000n))]);
  await until(
    'the long ones and the short one are mined',
    () => Promise.all([slow, light].map(({ address }) => minedNonce(network.url(2), bytesToHex(address)))),
    ([slowNonce, lightNonce]) => slowNonce === 3 && lightNonce === 1,
    240_000,
  );
  const spentMs = performance.now() - began;
  await untilPoolsEmpty(network);
  const blocks = await blocksFrom(network, first);
  const mined = blocks.flatMap(({ transactions }) => transactions.map(({ hash }) => hash));
  for (const { hash } of heavy)
    expectThat(mined.filter((one) => one === hash).length === 1, `${hash} was not mined once`);
  const spent = `${(spentMs / 1000).toFixed(1)} s`;
  say(`three transactions of 700 million gas and a short one were mined in ${spent}, over ${blocks.length} blocks`);
}

/** What wedged pools of Quorum: gaps, replacements, and transactions longer than a block period. */
export async function poolScenario(network: FaultNetwork, waiting: number, say: (what: string) => void): Promise<void> {
  await network.untilHeight(0, 2, 60_000);
  await untilPoolsEmpty(network);
  await manyWaiting(network, waiting, say);
  await longOnes(network, say);
  await network.expectOneChain();
}
