import { readBlock } from '@isoquorum/primitives/block';
import { type Header } from '@isoquorum/primitives/header';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { selectEngine } from '@isoquorum/primitives/genesis/bft-config';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { describe, expect, test } from 'vitest';
import { hasVectors, listVectors, readBytes, readJson } from '../testing/recordings.ts';
import { decodeRaftExtra, sealRaftHeader } from './header.ts';
import { prepareRaftHeader } from './prepare-header.ts';

interface About {
  readonly nodeDetails: readonly { readonly nodeKey: string }[];
}

const chains = listVectors('chains').filter((chain) => {
  const { config } = parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false });
  return selectEngine(config) === undefined;
});

describe.skipIf(!hasVectors('chains'))('headers of recorded Raft chains (needs shared/vectors/chains)', () => {
  test('there are some', () => {
    expect(chains.length).toBeGreaterThanOrEqual(2);
  });

  test.each(chains)('%s: prepared and sealed by us they are the same to the byte', (chain) => {
    const { config } = parseGenesis(readJson('chains', chain, 'genesis.json'), { validate: false });
    const { nodeDetails } = readJson<About>('chains', chain, 'about.json');
    const reader = new RlpReader(readBytes('chains', chain, 'chain.rlp.gz'));
    let parent: Header | undefined;
    while (reader.hasMore) {
      const { header } = readBlock(reader);
      if (parent !== undefined && parent.number + 1 === header.number) {
        const prepared = prepareRaftHeader({
          parent,
          config,
          now: header.timestamp,
          isInSeconds: false,
          feeRecipient: header.coinbase,
        });
        const { stateRoot, transactionsRoot, receiptsRoot, logsBloom, gasUsed } = header;
        const filled = { ...prepared, stateRoot, transactionsRoot, receiptsRoot, logsBloom, gasUsed };
        const { raftId } = decodeRaftExtra(header);
        const key = hexToBytes(nodeDetails[raftId - 1]?.nodeKey ?? '0x');
        const sealed = sealRaftHeader(filled, raftId, (digest) => signDigestBytes(digest, key));
        expect(bytesToHex(sealed.extraData)).toBe(bytesToHex(header.extraData));
        expect({ ...sealed, extraData: header.extraData }).toEqual(header);
      }
      parent = header;
    }
  });
});
