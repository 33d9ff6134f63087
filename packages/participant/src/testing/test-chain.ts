import { listRoot } from '@isoquorum/execution/trie/list-root';
import { zeroAddress } from '@isoquorum/primitives/address';
import type { Block } from '@isoquorum/primitives/block';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import type { Address } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { createGenesisHeader, type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, emptyUncleHash, type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesToHex, compareBytes } from '@isoquorum/primitives/hex';
import { encodeQbftExtra, ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-extra';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { privateKeyToAddress, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { encodeTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';

export interface Sealer {
  readonly key: Uint8Array;
  readonly address: Address;
}

/** A validator key from a number. */
export function testSealer(index: number): Sealer {
  const key = keccak256(utf8ToBytes(`sealer ${index}`));
  return { key, address: privateKeyToAddress(key) };
}

export interface BlockWishes {
  readonly transactions?: readonly Transaction[];
  readonly author?: Address;
  readonly sealers?: readonly Sealer[];
  readonly round?: number;
  readonly vote?: { readonly recipient: Address; readonly voteType: number };
  readonly change?: (header: Header) => Header;
}

/** A QBFT chain whose validators do as they are told. State roots are those of the genesis: nothing is executed. */
export interface TestChain {
  readonly genesis: Genesis;
  readonly genesisJson: unknown;
  readonly config: ChainConfig;
  readonly genesisHeader: Header;
  readonly sealers: readonly Sealer[];
  readonly blocks: readonly Block[];
  /** Makes a sealed block on the head without adding it. */
  make(wishes?: BlockWishes): Block;
  /** Makes and adds a block. */
  add(wishes?: BlockWishes): Block;
  /** The set that the next headers name. */
  validators: readonly Address[];
}

export function createTestChain(options: { validators?: number; timestamp?: bigint } = {}): TestChain {
  const sealers = Array.from({ length: options.validators ?? 4 }, (_, index) => testSealer(index)).toSorted((a, b) =>
    compareBytes(a.address, b.address),
  );
  const addresses = sealers.map((sealer) => sealer.address);
  const extra = { vanity: new Uint8Array(32), validators: addresses, vote: undefined, round: 0, committedSeals: [] };
  const genesisJson = {
    config: {
      chainId: 1337,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      berlinBlock: 0,
      isQuorum: true,
      maxCodeSizeConfig: [{ block: 0, size: 64 }],
      txnSizeLimit: 64,
      qbft: { epochLength: 30_000, blockPeriodSeconds: 1, requestTimeoutSeconds: 4, policy: 0, ceil2NBy3Block: 0 },
    },
    nonce: '0x0',
    timestamp: bytesQuantity(options.timestamp ?? 0n),
    extraData: bytesToHex(encodeQbftExtra(extra)),
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    mixHash: bytesToHex(ISTANBUL_DIGEST),
    coinbase: bytesToHex(zeroAddress),
    alloc: {},
  };
  const genesis = parseGenesis(genesisJson);
  const genesisHeader = createGenesisHeader(genesis, emptyTrieRoot);
  const blocks: Block[] = [{ header: genesisHeader, transactions: [], uncles: [] }];
  const chain: TestChain = {
    genesis,
    genesisJson,
    config: genesis.config,
    genesisHeader,
    sealers,
    blocks,
    validators: addresses,
    make(wishes = {}) {
      const parent = (blocks.at(-1) as Block).header;
      const transactions = wishes.transactions ?? [];
      const round = wishes.round ?? 0;
      const unsealed: Header = {
        ...parent,
        parentHash: headerHash(parent),
        uncleHash: emptyUncleHash,
        coinbase: wishes.author ?? (addresses[parent.number % addresses.length] as Address),
        stateRoot: emptyTrieRoot,
        transactionsRoot: listRoot(transactions.map(encodeTransaction)),
        receiptsRoot: emptyTrieRoot,
        logsBloom: emptyBloom,
        number: parent.number + 1,
        timestamp: parent.timestamp + 1n,
        extraData: encodeQbftExtra({ ...extra, validators: chain.validators, vote: wishes.vote, round }),
      };
      const changed = wishes.change?.(unsealed) ?? unsealed;
      const digest = qbftCommitDigest(changed, round);
      const seals = (wishes.sealers ?? sealers).map(({ key }) => signDigestBytes(digest, key));
      return { header: seals.length === 0 ? changed : withQbftSeals(changed, round, seals), transactions, uncles: [] };
    },
    add(wishes) {
      const block = chain.make(wishes);
      blocks.push(block);
      return block;
    },
  };
  return chain;
}

function bytesQuantity(value: bigint): string {
  return `0x${value.toString(16)}`;
}
