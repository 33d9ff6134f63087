import { bytesToHex, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import type { Header } from '@isoquorum/primitives/header';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { afterEach, expect, it } from 'vitest';
import { createSimulatedNetwork, type SimulatedNetwork } from '../testing/simulated-network.ts';
import { testKey } from '../testing/genesis.ts';
import { validatorContractAddress } from '../testing/validator-contract.ts';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';

let simulation: SimulatedNetwork;

afterEach(async () => {
  await simulation.stop();
});

const running = () => simulation.nodes.flatMap((node) => node.running ?? []);
const lowest = (): number => Math.min(...running().map((node) => node.context.chain.headNumber()));
const header = (number: number): Header => running()[0]!.context.chain.headerByNumber(number)!;
const gap = (number: number): number => Number(header(number).timestamp - header(number - 1).timestamp);

function balanceAt(number: number, address: Uint8Array): bigint {
  const state = createTrieReader(running()[0]!.context.database, header(number).stateRoot);
  return state.account(address)?.balance ?? 0n;
}

/** Who decides the block after that one. */
function validatorsAfter(number: number): readonly string[] {
  const { chain, validators } = running()[0]!.context;
  return validators.validatorsAfter(header(number), chain.hashByNumber(number)!).map(bytesToHex);
}

it('every kind of transition takes effect on running nodes, at its block', async () => {
  const beneficiary = '0x00000000000000000000000000000000000000be';
  const all = Array.from({ length: 4 }, (_, index) => bytesToHex(nodeKeyToAddress(testKey(`node ${index + 1}`))));
  const transitions = [
    { block: 4, algorithm: 'qbft', blockperiodseconds: 2, requesttimeoutseconds: 3 },
    { block: 7, blockperiodseconds: 1, emptyblockperiodseconds: 4, maxRequestTimeoutSeconds: 9 },
    {
      block: 9,
      emptyblockperiodseconds: 0,
      blockReward: '0x64',
      beneficiaryMode: 'fixed',
      miningBeneficiary: beneficiary,
    },
    { block: 12, 'miner.gaslimit': 900_000_000, contractsizelimit: 64, '2FPlus1Enabled': true },
    { block: 16, validators: all.slice(0, 3) },
    { block: 20, blockperiodseconds: 0 },
  ];
  simulation = await createSimulatedNetwork({ validators: 4, genesis: { algorithm: 'ibft', transitions } });
  for (const node of simulation.nodes) await node.start();
  await simulation.runUntil('block 19', () => lowest() >= 19, 120_000);

  // Periods, for full and for empty blocks.
  expect([3, 4, 6, 7, 8, 9, 10].map(gap)).toEqual([1, 2, 2, 4, 4, 1, 1]);
  // Rewards go to the beneficiary from block 9 on.
  const address = hexToFixedBytes(beneficiary, 20);
  expect([balanceAt(8, address), balanceAt(9, address), balanceAt(11, address)]).toEqual([0n, 100n, 300n]);
  // The gas limit climbs to its new floor, one step per block.
  expect(header(13).gasLimit).toBeGreaterThan(header(11).gasLimit);
  // The list of the transition decides from its block on; the fourth follows without a seal.
  expect(validatorsAfter(14)).toHaveLength(4);
  expect(validatorsAfter(16).toSorted()).toEqual(all.slice(0, 3).toSorted());
  const fourth = running()[3]!.context;
  expect(fourth.consensusStatus().isValidator).toBe(false);
  expect(fourth.chain.headNumber()).toBeGreaterThanOrEqual(18);

  // On demand from block 20 on.
  await simulation.run(30_000);
  expect(lowest()).toBe(19);
  const from = privateKeyToAddress(simulation.accountKeys[0]!);
  await running()[0]!.context.submitter.sendTransaction({ from, to: from, gas: 21_000n });
  await simulation.runUntil('block 20', () => lowest() >= 20, 10_000);
  const hashes = new Set(running().map((node) => bytesToHex(node.context.chain.hashByNumber(20)!)));
  expect(hashes.size).toBe(1);
});

it('a contract names the validators from its block on: who is dropped stops, who is named again starts', async () => {
  simulation = await createSimulatedNetwork({ validators: 4, genesis: { validatorsByContractFrom: 4 } });
  for (const node of simulation.nodes) await node.start();
  const count = async (named: number, at: string): Promise<void> => {
    const from = privateKeyToAddress(simulation.accountKeys[0]!);
    const data = bigintToFixedBytes(BigInt(named), 32);
    const to = hexToFixedBytes(validatorContractAddress, 20);
    await running()[0]!.context.submitter.sendTransaction({ from, to, data, gas: 100_000n });
    await simulation.runUntil(at, () => validatorsAfter(running()[0]!.context.chain.headNumber()).length === named);
    const before = lowest();
    await simulation.runUntil(`blocks after: ${at}`, () => lowest() >= before + 5, 120_000);
  };
  await simulation.runUntil('block 5', () => lowest() >= 5);
  await count(3, 'three validators');
  const idle = running().filter((node) => !node.context.consensusStatus().isValidator);
  expect(idle).toHaveLength(1);
  const head = lowest();
  const authors = [0, 1, 2, 3].map((back) => bytesToHex(header(head - back).coinbase));
  expect(authors).not.toContain(bytesToHex(idle[0]!.address));
  await count(4, 'four validators');
  await simulation.runUntil(
    'it proposes',
    () => bytesToHex(header(lowest()).coinbase) === bytesToHex(idle[0]!.address),
  );
});
