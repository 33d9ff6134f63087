import type { Hash32 } from '@isoquorum/primitives/bytes';
import { unionBloom } from '@isoquorum/primitives/bloom';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';
import { privateDigestsOf } from '../private/private-digests.ts';
import type { BlockStore } from './block-store.ts';
import type { ChainBlock, ChainEvent, ChainReader, LocatedReceipt, TransactionLocation } from './chain.ts';
import type { PrivateStore } from './private-store.ts';

export interface ChainReaderOptions {
  readonly genesis: Genesis;
  readonly genesisHash: Hash32;
  readonly blocks: BlockStore;
  readonly privates: PrivateStore;
  /** The durable head. */
  readonly head: () => ChainBlock;
  readonly keptFrom: () => number;
  readonly listen: (listener: (event: ChainEvent) => void) => () => void;
}

/** Answers from the store and its caches; nothing beyond the durable head is shown as canonical. */
export function createChainReader(options: ChainReaderOptions): ChainReader {
  const { blocks, privates, genesis } = options;
  const headNumber = (): number => options.head().block.header.number;

  function hashByNumber(number: number): Hash32 | undefined {
    return number <= headNumber() ? blocks.canonicalHash(number) : undefined;
  }

  function isCanonical(hash: Hash32): boolean {
    const header = blocks.header(hash);
    const canonical = header && hashByNumber(header.number);
    return canonical !== undefined && bytesEqual(canonical, hash);
  }

  function transaction(hash: Hash32): TransactionLocation | undefined {
    const place = blocks.lookup(hash);
    if (place === undefined) return undefined;
    const blockHash = hashByNumber(place.number);
    const found = blockHash && blocks.block(blockHash);
    const at = found?.block.transactions[place.index];
    if (blockHash === undefined || at === undefined) return undefined;
    return { blockHash, blockNumber: place.number, index: place.index, transaction: at };
  }

  function mergedReceipts(blockHash: Hash32, psi: string): readonly Receipt[] | undefined {
    const receipts = blocks.receipts(blockHash);
    const own = receipts && privates.receipts(blockHash, psi);
    if (receipts === undefined) return undefined;
    if (own === undefined) {
      // Not executed by this private state yet: public receipts stand for private ones only where there are none.
      const block = blocks.block(blockHash)?.block;
      return block !== undefined && privateDigestsOf(genesis.config, block).length > 0 ? undefined : receipts;
    }
    const inner = privates.innerReceipts(blockHash, psi);
    if (own.size === 0 && (inner === undefined || inner.size === 0)) return receipts;
    return receipts.map((receipt, index) => {
      const inside = inner?.get(index);
      if (inside !== undefined) return { ...receipt, privateReceipts: new Map([[psi, inside]]) };
      return own.get(index) ?? receipt;
    });
  }

  function receipt(transactionHash: Hash32, psi: string): LocatedReceipt | undefined {
    const location = transaction(transactionHash);
    const receipts = location && mergedReceipts(location.blockHash, psi);
    const found = location && receipts?.[location.index];
    if (location === undefined || receipts === undefined || found === undefined) return undefined;
    let firstLogIndex = 0;
    for (let index = 0; index < location.index; index++) firstLogIndex += (receipts[index] as Receipt).logs.length;
    return { location, receipt: found, firstLogIndex };
  }

  return {
    genesis,
    config: genesis.config,
    genesisHash: options.genesisHash,
    head: options.head,
    headNumber,
    blockByHash: (hash) => blocks.block(hash),
    blockByNumber(number) {
      const hash = hashByNumber(number);
      return hash && blocks.block(hash);
    },
    headerByHash: (hash) => blocks.header(hash),
    headerByNumber(number) {
      const hash = hashByNumber(number);
      return hash && blocks.header(hash);
    },
    hashByNumber,
    hasBlock: (hash) => blocks.header(hash) !== undefined,
    isCanonical,
    totalDifficulty: (hash) => blocks.totalDifficulty(hash),
    transaction,
    publicReceipts: (hash) => blocks.receipts(hash),
    privateReceipts: (hash, psi) => privates.receipts(hash, psi),
    innerReceipts: (hash, psi) => privates.innerReceipts(hash, psi),
    mergedReceipts,
    receipt,
    bloom(number, psi) {
      const hash = hashByNumber(number);
      const header = hash && blocks.header(hash);
      if (hash === undefined || header === undefined) return undefined;
      const own = privates.bloom(hash, psi);
      return own === undefined || own.length === 0 ? header.logsBloom : unionBloom(header.logsBloom, own);
    },
    privateStates: () => privates.names,
    privateHead: (psi) => privates.head(psi),
    privateStateRoot: (hash, psi) => privates.root(hash, psi),
    privateExtraRoot: (hash, psi) => privates.extraRoot(hash, psi),
    statesKeptFrom: options.keptFrom,
    onEvent: options.listen,
  };
}
