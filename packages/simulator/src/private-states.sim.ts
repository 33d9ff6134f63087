import { readFileSync } from 'node:fs';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { startTestManager, type TestManager } from '@isoquorum/manager/testing/manager-network';
import { createSimulatedNetwork, type SimulatedNetwork } from '@isoquorum/node/testing/simulated-network';
import type { TransactionArguments } from '@isoquorum/node/private/submit';
import { createMemoryHttp } from '@isoquorum/platform/memory/http';
import { enclavePublicKey } from '@isoquorum/platform/memory/key-agreement';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { afterEach, describe, expect, it, vi } from 'vitest';

const { contracts } = JSON.parse(
  readFileSync(new URL('../../../apps/playground/src/contracts/ready-made.json', import.meta.url), 'utf8'),
) as { contracts: { SimpleStorage: { bytecode: string } } };
const deploy = (value: bigint): Uint8Array =>
  concatBytes(hexToBytes(contracts.SimpleStorage.bytecode), bigintToFixedBytes(value, 32));

let net: SimulatedNetwork;
let managers: TestManager[];

afterEach(async () => {
  vi.restoreAllMocks();
  await net.stop();
  const stopping = Promise.all(managers.map(({ running }) => running.stop()));
  await settle('managers stop', stopping);
});

async function settle<T>(what: string, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = Promise.allSettled([promise]).then(() => {
    isSettled = true;
  });
  await net.runUntil(what, () => isSettled, 60_000);
  await settled;
  return promise;
}

/** Two nodes: the first keeps the private states of alice and bob, the second that of carol. */
async function setUp(): Promise<Readonly<Record<'alice' | 'bob' | 'carol', string>>> {
  const seeds = { alice: 1, bob: 2, carol: 3 };
  const key = (name: keyof typeof seeds): Uint8Array => keccak256(utf8ToBytes(`private state of ${name}`));
  const text = (name: keyof typeof seeds): string => bytesToBase64(enclavePublicKey(key(name)));
  managers = [];
  net = await createSimulatedNetwork({
    validators: 2,
    manager: (index) => managers[index]?.running.q2t,
    genesis: { config: { isMPS: true } },
  });
  const http = createMemoryHttp();
  const keptBy = [['alice', 'bob'], ['carol']] as const;
  for (const [at, names] of keptBy.entries()) {
    managers.push(
      await startTestManager({
        name: `manager${at + 1}`,
        index: at + 1,
        privateKeys: names.map(key),
        peers: at === 0 ? [] : ['http://127.0.0.1:9001/'],
        http,
        clock: net.clock,
        options: { residentGroups: names.map((name) => ({ name, members: [text(name)] })) },
      }),
    );
  }
  for (const node of net.nodes) await node.start();
  await net.run(12_000);
  return { alice: text('alice'), bob: text('bob'), carol: text('carol') };
}

const chainOf = (index: number) => net.nodes[index]!.running!.context.chain;

async function send(index: number, args: Partial<TransactionArguments>): Promise<Hash32> {
  const { submitter } = net.nodes[index]!.running!.context;
  const from = privateKeyToAddress(net.accountKeys[0]!);
  const hash = await settle('it is sent', submitter.sendTransaction({ from, gas: 900_000n, ...args }));
  await net.runUntil('it is executed', () =>
    [0, 1].every((node) => {
      const at = chainOf(node).transaction(hash);
      if (at === undefined) return false;
      return chainOf(node)
        .privateStates()
        .every((psi) => chainOf(node).privateHead(psi).number >= at.blockNumber);
    }),
  );
  return hash;
}

/** Slot 0 and whether there is code, as a private state of a node has a contract. */
function seen(index: number, psi: string, address: Uint8Array): { value: bigint; hasCode: boolean } | undefined {
  const { database } = net.nodes[index]!.running!.context;
  const state = createTrieReader(database, chainOf(index).privateHead(psi).root);
  const account = state.account(address);
  if (account === undefined) return undefined;
  return { value: state.storage(address, account, 0n), hasCode: state.code(address, account.codeHash).length > 0 };
}

describe('several private states on one node', () => {
  it('each sees what its own parties were sent, and nobody sees anything else', async () => {
    const keys = await setUp();
    expect(chainOf(0).privateStates()).toEqual(['alice', 'bob', 'empty']);
    expect(chainOf(1).privateStates()).toEqual(['carol', 'empty']);
    const data = deploy(5n);
    const hash = await send(0, { data, psi: 'alice', privateFor: [keys.carol] });
    const address = chainOf(0).receipt(hash, 'alice')!.receipt.contractAddress!;
    const party = { value: 5n, hasCode: true };
    const stranger = { value: 0n, hasCode: false };
    expect([seen(0, 'alice', address), seen(1, 'carol', address)]).toEqual([party, party]);
    expect([seen(0, 'bob', address), seen(0, 'empty', address), seen(1, 'empty', address)]).toEqual([
      stranger,
      stranger,
      stranger,
    ]);
    const root = (index: number, psi: string): string => bytesToHex(chainOf(index).privateHead(psi).root);
    expect(root(0, 'alice')).toBe(root(1, 'carol'));
    expect(new Set([root(0, 'bob'), root(0, 'empty'), root(1, 'empty')]).size).toBe(1);
    expect(root(0, 'bob')).not.toBe(root(0, 'alice'));
  }, 60_000);

  it('refuses to send for other private states, in the words of GoQuorum', async () => {
    const keys = await setUp();
    const refusal = async (args: Partial<TransactionArguments>): Promise<string> =>
      send(0, { data: deploy(1n), privateFor: [keys.carol], ...args }).then(
        () => 'sent',
        (error: Error) => error.message,
      );
    expect(await refusal({ psi: 'alice', privateFrom: keys.bob })).toBe(
      `The PrivateFrom (${keys.bob}) address does not match the specified private state (alice) `,
    );
    expect(await refusal({ psi: 'private' })).toBe('unable to find private state for context psi private');
    expect(await refusal({ psi: 'empty' })).toBe('unable to find private state for context psi empty');
    expect(await refusal({ psi: 'bob', privateFrom: keys.bob })).toBe('sent');
  }, 60_000);

  it('keeps its private states over a restart while the manager is away', async () => {
    const keys = await setUp();
    const hash = await send(0, { data: deploy(9n), psi: 'bob', privateFor: [keys.carol] });
    const address = chainOf(0).receipt(hash, 'bob')!.receipt.contractAddress!;
    await net.nodes[0]!.crash();
    const away = new IsoquorumError('MANAGER_UNREACHABLE', 'away', {}, 'RETRY');
    vi.spyOn(managers[0]!.running.q2t, 'residentGroups').mockRejectedValue(away);
    await net.nodes[0]!.start();
    await net.run(3_000);
    expect(chainOf(0).privateStates()).toEqual(['alice', 'bob', 'empty']);
    expect(seen(0, 'bob', address)).toEqual({ value: 9n, hasCode: true });
  }, 60_000);
});
