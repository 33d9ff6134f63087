import { validatorContractAddress } from '@isoquorum/node/testing/validator-contract';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { afterEach, describe, expect, it } from 'vitest';
import { createPageNetwork, type PageNetwork } from './testing/page-network.ts';

let net: PageNetwork | undefined;

afterEach(async () => {
  await net?.stopAll();
  net = undefined;
});

async function setUp(validatorsByContractFrom: number) {
  const network = await createPageNetwork(4, { validatorsByContractFrom });
  net = network;
  const page = await network.addPage('page');
  await network.runUntil('the page is ready', () => page.participant.view().phase === 'ready');
  const nodes = network.nodes.flatMap((node) => node.running ?? []);
  const validatorsAt = (number: number): string[] => {
    const { chain, validators } = nodes[0]!.context;
    const hash = chain.hashByNumber(number)!;
    return validators.validatorsAfter(chain.headerByHash(hash)!, hash).map(bytesToHex);
  };
  const follows = (number: number): Promise<void> =>
    network.runUntil(`the page has block ${number}`, () => (page.participant.view().head?.number ?? -1) >= number);
  return { network, page, nodes, validatorsAt, follows };
}

describe('validators that a contract names', () => {
  it.each([0, 4])('are followed by nodes and by a page that believes proofs only, from block %i on', async (from) => {
    const { network, page, nodes, validatorsAt, follows } = await setUp(from);
    await follows(from + 3);
    expect(validatorsAt(from + 2)).toHaveLength(4);

    // The contract drops the last of its list: from the next block on three decide.
    const sender = privateKeyToAddress(network.accountKeys[0]!);
    const sending = nodes[0]!.context.submitter.sendTransaction({
      from: sender,
      to: hexToBytes(validatorContractAddress),
      data: bigintToFixedBytes(3n, 32),
      gas: 100_000n,
    });
    const hash = await network.until('the change is sent', sending);
    await network.runUntil('mined', () => nodes[0]!.context.chain.transaction(hash) !== undefined);
    const { blockNumber } = nodes[0]!.context.chain.transaction(hash)!;
    await follows(blockNumber + 4);
    expect(validatorsAt(blockNumber - 1)).toHaveLength(4);
    expect(validatorsAt(blockNumber)).toHaveLength(3);
    expect(page.participant.view().refusals).toEqual([]);

    // From an empty store another page proves every block again; this one goes on from what it had proved.
    const other = await network.addPage('other');
    await network.runUntil(
      'the other page follows',
      () => (other.participant.view().head?.number ?? -1) >= blockNumber + 4,
    );
    await page.close();
    await network.run(2_000);
    await page.open();
    await follows(blockNumber + 6);
  });
});
