import { type Block, readBlock } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { bftAlgorithmAt, selectEngine } from '@isoquorum/primitives/genesis/bft-config';

import { type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { type Header, headerHash, headerHashWithExtra } from '@isoquorum/primitives/header';
import { decodeIbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { ibftProposerDigest } from '@isoquorum/primitives/istanbul-seal';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { recoverAddressFromBytes } from '@isoquorum/primitives/secp256k1';
import { readBytes, readJson } from './shared-data.ts';

/** A chain as recorded: genesis and blocks 0..head. */
export interface RecordedChain {
  readonly folder: string;
  readonly genesis: Genesis;
  readonly blocks: readonly Block[];
  readonly hashes: readonly Hash32[];
}

const chains = new Map<string, RecordedChain>();

/**
 * Reads a recorded chain. It is kept, so that senders are recovered once for all tests of a file.
 * @param folder under the shared data, for instance `vectors/chains/qbft-private`
 * @param genesisPath of a node that was given another genesis
 */
export function readRecordedChain(folder: string, genesisPath = `${folder}/genesis.json`): RecordedChain {
  let chain = chains.get(genesisPath);
  if (chain === undefined) {
    const genesis = parseGenesis(readJson(genesisPath));
    const reader = new RlpReader(readBytes(`${folder}/chain.rlp.gz`));
    const blocks: Block[] = [];
    while (reader.hasMore) blocks.push(readBlock(reader));
    chain = { folder, genesis, blocks, hashes: blocks.map((block) => headerHash(block.header)) };
    chains.set(genesisPath, chain);
  }
  return chain;
}

function cliqueSigner(header: Header): Address {
  const { extraData } = header;
  const signature = extraData.subarray(extraData.length - 65);
  return recoverAddressFromBytes(headerHashWithExtra(header, extraData.subarray(0, extraData.length - 65)), signature);
}

/** The author of a block by the engine of its chain. */
export function authorOf(chain: RecordedChain, header: Header): Address {
  const { config } = chain.genesis;
  const engine = selectEngine(config);
  if (engine === 'clique') return cliqueSigner(header);
  if (engine !== undefined && bftAlgorithmAt(config, header.number) === 'ibft') {
    return recoverAddressFromBytes(ibftProposerDigest(header), decodeIbftExtra(header.extraData).seal);
  }
  return header.coinbase;
}
