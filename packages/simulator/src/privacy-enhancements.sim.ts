import { readFileSync } from 'node:fs';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { isMarkerTransaction } from '@isoquorum/execution/transition/marker';
import type { TransactionArguments } from '@isoquorum/node/private/submit';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterEach, describe, expect, it } from 'vitest';
import { createPageNetwork, type PageNetwork, type SimulatedPage } from './testing/page-network.ts';

const { contracts } = JSON.parse(
  readFileSync(new URL('../../../apps/playground/src/contracts/ready-made.json', import.meta.url), 'utf8'),
) as { contracts: { SimpleStorage: { bytecode: string } } };
const word = (value: bigint): Uint8Array => bigintToFixedBytes(value, 32);
const deploy = (value: bigint): Uint8Array => concatBytes(hexToBytes(contracts.SimpleStorage.bytecode), word(value));
const setter = (value: bigint): Uint8Array => concatBytes(hexToBytes('0x60fe47b1'), word(value));
const getData = '0x6d4ce63c';

let net: PageNetwork;
afterEach(async () => {
  await net.stopAll();
});

const chainOf = (index: number) => net.nodes[index]!.running!.context.chain;

/** Sends from a node and lets it be mined and executed everywhere. */
async function send(index: number, args: Partial<TransactionArguments>): Promise<Hash32> {
  const { submitter } = net.nodes[index]!.running!.context;
  const from = privateKeyToAddress(net.accountKeys[index]!);
  const hash = await net.until(
    'the transaction is sent',
    submitter.sendTransaction({ from, gas: 4_700_000n, ...args }),
  );
  await net.runUntil('it is executed', () =>
    [0, 1, 2].every((node) => {
      const at = chainOf(node).transaction(hash);
      return at !== undefined && chainOf(node).privateHead('private').number >= at.blockNumber;
    }),
  );
  return hash;
}

/** Slot 0 of a contract in a node's private state. */
function storedAt(index: number, address: Uint8Array): bigint | undefined {
  const { database } = net.nodes[index]!.running!.context;
  const state = createTrieReader(database, chainOf(index).privateHead('private').root);
  const account = state.account(address);
  return account && state.storage(address, account, 0n);
}

const statusAt = (index: number, hash: Hash32): number | undefined =>
  chainOf(index).receipt(hash, 'private')!.receipt.status;

async function seenBy(page: SimulatedPage, address: Uint8Array): Promise<bigint> {
  const params = [{ to: bytesToHex(address), data: getData }, 'latest'];
  return BigInt((await net.until('a call', page.participant.request({ method: 'eth_call', params }))) as string);
}

async function setUp(privacyMarkers: (index: number) => boolean = () => false): Promise<SimulatedPage> {
  const config = { privacyEnhancementsBlock: 0, privacyPrecompileBlock: 0 };
  net = await createPageNetwork(3, { config }, { managers: { privacyEnhancements: true }, privacyMarkers });
  const page = await net.addPage('ada');
  await net.runUntil('ada is ready', () => page.participant.view().phase === 'ready');
  await net.runUntil('every manager knows the page', () => page.participant.view().directory.length >= 3);
  await net.run(3_000);
  return page;
}

describe('privacy enhancements between nodes, their managers and a page', () => {
  it.each([1, 2, 3])(
    'flag %i: parties agree, others are refused',
    async (privacyFlag) => {
      const page = await setUp();
      const [, second, third] = net.managerKeys as [string, string, string];
      const mandatory = privacyFlag === 2 ? { mandatoryFor: [second] } : {};
      const parties = { privateFor: [second, page.enclaveKey], privacyFlag, ...mandatory };
      const created = await send(0, { ...parties, data: deploy(42n) });
      const address = chainOf(0).receipt(created, 'private')!.receipt.contractAddress!;
      expect([statusAt(0, created), statusAt(1, created)]).toEqual([1, 1]);
      const changed = await send(0, { ...parties, to: address, data: setter(7n) });
      expect([statusAt(0, changed), statusAt(1, changed)]).toEqual([1, 1]);
      expect([storedAt(0, address), storedAt(1, address)]).toEqual([7n, 7n]);
      await net.runUntil(
        'the page has it',
        () => page.participant.view().privateHead!.number >= chainOf(0).transaction(changed)!.blockNumber,
      );
      expect(await seenBy(page, address)).toBe(7n);
      const at = (index: number): string => {
        const { blockHash } = chainOf(index).transaction(changed)!;
        return [
          chainOf(index).privateStateRoot(blockHash, 'private'),
          chainOf(index).privateExtraRoot(blockHash, 'private'),
        ]
          .map(bytesToHex)
          .join();
      };
      expect(at(0)).toBe(at(1));
      expect(at(2)).not.toBe(at(0));

      // The manager was told what the contract's creation was, and with flag 3 what the state is to be.
      const sent = (await net.managers[0]!.running.q2t.receive(
        payloadHashOf(chainOf(0).transaction(changed)!.transaction),
      ))!;
      expect(sent.affectedContractTransactions).toEqual([payloadHashOf(chainOf(0).transaction(created)!.transaction)]);
      expect(sent.execHash.length > 0).toBe(privacyFlag === 3);

      const refusal = async (args: Partial<TransactionArguments>): Promise<string> =>
        send(0, { to: address, data: setter(8n), ...args }).then(
          () => 'sent',
          (error: Error) => error.message,
        );
      const otherFlag = { ...parties, privacyFlag: privacyFlag === 1 ? 3 : 1, mandatoryFor: [] };
      expect(await refusal(otherFlag)).toBe("sent privacy flag doesn't match all affected contract flags");
      expect(await refusal({ privateFor: parties.privateFor })).toBe(
        "sent privacy flag doesn't match all affected contract flags",
      );
      if (privacyFlag === 3)
        expect(await refusal({ ...parties, privateFor: [second, third] })).toMatch(
          /Recipients mismatched for Affected Txn/,
        );
      expect(storedAt(1, address)).toBe(7n);
    },
    60_000,
  );

  it('a page sends with flags too: it tries the transaction first, on its own private state', async () => {
    const page = await setUp();
    const request = (privacyFlag: number, args: object): Promise<string> => {
      const params = [{ privateFor: [net.managerKeys[0]], privacyFlag, ...args }];
      const sent = page.participant.request({ method: 'eth_sendTransaction', params }, 'operation');
      return net.until('the page sends', sent as Promise<string>);
    };
    const receipt = (hash: string): Promise<{ contractAddress: string; status: string }> => {
      const wait = page.participant.request({ method: 'isoquorum_waitForReceipt', params: [hash] }, 'operation');
      return net.until('the receipt', wait as Promise<{ contractAddress: string; status: string }>);
    };
    const { contractAddress } = await receipt(await request(3, { data: bytesToHex(deploy(3n)) }));
    const address = hexToBytes(contractAddress);
    await receipt(await request(3, { to: contractAddress, data: bytesToHex(setter(4n)) }));
    await net.run(2_000);
    expect([storedAt(0, address), await seenBy(page, address), storedAt(1, address)]).toEqual([4n, 4n, 0n]);
    await expect(request(1, { to: contractAddress, data: bytesToHex(setter(5n)) })).rejects.toThrow(
      "sent privacy flag doesn't match all affected contract flags",
    );
  }, 60_000);

  it('markers hide who talks about what, and come to the same state', async () => {
    const page = await setUp((index) => index === 0);
    const parties = { privateFor: [net.managerKeys[1]!, page.enclaveKey], privacyFlag: 1 };
    const created = await send(0, { ...parties, data: deploy(5n) });
    const { transaction, blockHash, index } = chainOf(0).transaction(created)!;
    expect([isMarkerTransaction(transaction), transaction.data.length]).toEqual([true, 64]);
    const inner = chainOf(1).innerReceipts(blockHash, 'private')!.get(index)!;
    expect([inner.status, chainOf(2).innerReceipts(blockHash, 'private')!.size]).toEqual([1, 0]);
    const address = inner.contractAddress!;

    // Two in one block: both have their receipts (goquorum.md 14.2).
    const { submitter } = net.nodes[0]!.running!.context;
    const from = privateKeyToAddress(net.accountKeys[0]!);
    const both = [8n, 9n].map((value) =>
      submitter.sendTransaction({ from, gas: 900_000n, to: address, data: setter(value), ...parties }),
    );
    const hashes = await net.until('both are sent', Promise.all(both));
    await net.runUntil('both are executed', () =>
      [0, 1].every((node) =>
        hashes.every((hash) => {
          const at = chainOf(node).transaction(hash);
          return at !== undefined && chainOf(node).privateHead('private').number >= at.blockNumber;
        }),
      ),
    );
    const places = hashes.map((hash) => chainOf(1).transaction(hash)!);
    expect(new Set(places.map((place) => place.blockNumber)).size).toBe(1);
    expect(
      places.map((place) => chainOf(1).innerReceipts(place.blockHash, 'private')!.get(place.index)!.status),
    ).toEqual([1, 1]);
    expect([storedAt(0, address), storedAt(1, address)]).toEqual([9n, 9n]);
    expect(storedAt(2, address)).toBeUndefined();
    await net.runUntil('the page has it', () => page.participant.view().privateHead!.number >= places[0]!.blockNumber);
    expect(await seenBy(page, address)).toBe(9n);
  }, 60_000);
});
