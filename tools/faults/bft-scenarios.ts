import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { rpc, until } from '../../e2e/network.ts';
import { createSenders, rpcBatch, type Sender, signCall, sleep } from '../bench/network.ts';
import type { BftNetwork } from './bft-network.ts';

/** Two rounds of the second timeout (4 s, then 8 s), and what the start of a process on a busy machine takes. */
const resumeWithinMs = 2 * 8_000 + 6_000;

function expectThat(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}

/** The nodes from `count - down` on are down, F of them, then one more; all come back; all are down at once. */
export async function faultScenario(network: BftNetwork, count: number, say: (what: string) => void): Promise<void> {
  const faults = Math.ceil(count / 3) - 1;
  const victims = Array.from({ length: faults + 1 }, (_, index) => count - 1 - index);
  const [last = 0, ...first] = victims.toReversed();
  const everybody = Array.from({ length: count }, (_, index) => index);
  await network.untilSigning(...everybody);
  await network.untilHeight(0, 3, 60_000);
  await network.kill(...first);
  const goesOnAt = await network.height(0);
  const spentMs = await network.untilHeight(0, goesOnAt + 5, 90_000);
  say(`${faults} of ${count} down: 5 blocks in ${(spentMs / 1000).toFixed(1)} s`);

  await network.kill(last);
  await sleep(1_500);
  const stoodAt = await network.height(0);
  await sleep(10_000);
  expectThat((await network.height(0)) <= stoodAt + 1, 'blocks were made without a quorum');
  const dead = victims.map((index) => network.address(index));
  // Round 0 may have failed for its proposer alone; a later one tells of all.
  const status = await until(
    'a failed round that misses those that are down',
    () => network.status(0),
    ({ failed }) => failed !== null && sameSet(failed.missing, dead),
    60_000,
  );
  expectThat(status.round > 0, 'no round has failed');
  expectThat(sameSet(status.disconnected, dead), `disconnected are ${status.disconnected.join()}, not ${dead.join()}`);
  expectThat((await network.height(0)) <= stoodAt + 1, 'blocks were made without a quorum');
  const line =
    network
      .log(0)
      .split('\n')
      .findLast((text) => text.includes('No block in this round')) ?? '';
  expectThat(
    dead.every((address) => line.includes(address)),
    `the log does not say who is missing: ${line}`,
  );
  say(`${faults + 1} of ${count} down: no block; round ${status.round}, ${status.failed?.missing.length} missing`);

  await network.start(last);
  const resumedMs = await network.untilHeight(0, stoodAt + 2, resumeWithinMs);
  say(`one is back: the chain went on ${(resumedMs / 1000).toFixed(1)} s later`);
  await network.start(...first);
  for (const index of first) await network.untilHeight(index, stoodAt + 3, 60_000);
  await network.expectOneChain();

  await network.untilSigning(...everybody);
  await network.kill(...everybody);
  await network.start(...everybody);
  const before = await network.height(0);
  const againMs = await network.untilHeight(0, before + 3, 60_000);
  await network.expectOneChain();
  say(`all down and up: 3 blocks in ${(againMs / 1000).toFixed(1)} s`);
}

/** A validator loses its disk; a guest joins, is voted in, seals, and is voted out. */
export async function membershipScenario(
  network: BftNetwork,
  count: number,
  say: (what: string) => void,
): Promise<void> {
  await network.untilHeight(0, 3, 60_000);
  await network.kill(1);
  network.wipe(1);
  const wipedAt = await network.height(0);
  await network.start(1);
  await network.untilHeight(1, await network.height(0), 60_000);
  await until(
    'the wiped validator takes part',
    () => authors(network, 1, count, wipedAt),
    (found) => found.has(network.address(1)),
    60_000,
  );
  say('a validator with an empty disk caught up and proposes again');

  const guest = count;
  await network.start(guest);
  await network.untilHeight(guest, await network.height(0), 60_000);
  expectThat(!(await network.status(guest)).isValidator, 'a guest validates');
  const candidate = network.address(guest);
  const voters = Array.from({ length: Math.floor((count + 1) / 2) + 1 }, (_, index) => index);
  for (const index of voters) await rpc(network.url(index), 'istanbul_propose', candidate, true);
  expectThat(
    (await rpc<Record<string, boolean>>(network.url(0), 'istanbul_candidates'))[candidate] === true,
    'the candidate is not listed',
  );
  await until(
    'the guest validates',
    () => network.status(guest),
    ({ isValidator }) => isValidator,
    60_000,
  );
  await until(
    'the guest proposes',
    () => authors(network, guest, count + 1),
    (found) => found.has(candidate),
    60_000,
  );
  say('a new node joined, synced, was voted in, and proposes');

  for (const index of voters) {
    await rpc(network.url(index), 'istanbul_discard', candidate);
    await rpc(network.url(index), 'istanbul_propose', candidate, false);
  }
  await until(
    'the guest is out',
    () => network.status(guest),
    ({ isValidator }) => !isValidator,
    60_000,
  );
  const outAt = await network.height(0);
  await network.untilHeight(guest, outAt + count + 1, 60_000);
  expectThat(!(await authors(network, guest, count)).has(candidate), 'who was voted out still proposes');
  await network.expectOneChain();
  say('it was voted out, and follows without sealing');
}

/** Who proposed the newest blocks, of those after a number. */
async function authors(network: BftNetwork, index: number, blocks: number, after = 0): Promise<Set<string>> {
  const head = await network.height(index);
  const count = Math.max(0, Math.min(blocks, head - after));
  const numbers = Array.from({ length: count }, (_, back) => `0x${(head - back).toString(16)}`);
  const signers = await Promise.all(
    numbers.map((number) => rpc<{ Author: string }>(network.url(index), 'istanbul_getSignersFromBlock', number)),
  );
  return new Set(signers.map(({ Author }) => Author));
}

/** Creation code that loops until its gas is nearly used up: a transaction that takes long. */
const burner = hexToBytes('0x5b620186a05a10600d576000565b00');

function send(url: string, raws: readonly string[]): Promise<unknown[]> {
  return rpcBatch(
    url,
    raws.map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw] })),
  );
}

async function receiptCount(url: string, sender: Sender): Promise<number> {
  return Number(await rpc<string>(url, 'eth_getTransactionCount', bytesToHex(sender.address), 'latest'));
}

/** A pool of many, with gaps that close late, replacements that are refused, and transactions longer than a period. */
export async function poolScenario(network: BftNetwork, waiting: number, say: (what: string) => void): Promise<void> {
  await network.untilHeight(0, 2, 60_000);
  const senders = createSenders(20);
  const target = senders[0]?.address ?? new Uint8Array(20);
  const each = waiting / senders.length;
  const late: string[] = [];
  for (const sender of senders) {
    const raws = Array.from({ length: each }, () => signCall(sender, 1_337, target, new Uint8Array(0), 21_000n));
    // The first nonce comes last: until then nothing of this sender can be mined.
    late.push(raws[0] ?? '');
    for (let at = 1; at < raws.length; at += 100) await send(network.url(at % 2), raws.slice(at, at + 100));
  }
  const began = performance.now();
  await send(network.url(0), late);
  const replaced = { ...(senders[0] as Sender), nonce: BigInt(each - 1) };
  await send(network.url(0), [signCall(replaced, 1_337, target, Uint8Array.of(1), 30_000n)]).catch(() => undefined);
  for (const sender of senders) {
    await until(
      'the pool drains',
      () => receiptCount(network.url(1), sender),
      (nonce) => nonce === each,
      120_000,
    );
  }
  say(
    `${waiting} waiting transactions were mined in ${((performance.now() - began) / 1000).toFixed(1)} s after the gaps closed`,
  );

  const heavyBegan = performance.now();
  const [slow] = createSenders(1);
  const heavy = Array.from({ length: 3 }, () => signCall(slow as Sender, 1_337, undefined, burner, 300_000_000n));
  await send(network.url(0), heavy);
  const light = senders[1] as Sender;
  await send(network.url(1), [signCall(light, 1_337, target, new Uint8Array(0), 21_000n)]);
  await until(
    'long transactions are mined',
    () => receiptCount(network.url(1), slow as Sender),
    (nonce) => nonce === 3,
    180_000,
  );
  await until(
    'the short one too',
    () => receiptCount(network.url(1), light),
    (nonce) => nonce === each + 1,
    60_000,
  );
  const head = await network.height(0);
  await network.untilHeight(0, head + 2, 60_000);
  await network.expectOneChain();
  const spent = `${((performance.now() - heavyBegan) / 1000).toFixed(1)} s`;
  say(`three transactions of 300 million gas were mined in ${spent}, and the chain went on`);
}
