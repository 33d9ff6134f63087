import { prepareQbftHeader } from '@isoquorum/consensus/bft/prepare-header';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createVirtualClock, type VirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import type { Store } from '@isoquorum/platform/store';
import type { Block } from '@isoquorum/primitives/block';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { openAccess } from '../access-policy.ts';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import type { ForkChoice } from '../chain/fork-choice.ts';
import { openChain } from '../chain/open-chain.ts';
import type { GcMode } from '../chain/pruner.ts';
import { createEngineRules } from '../engine/create-engine-rules.ts';
import { createExecutor, type Executor } from '../import/executor.ts';
import { createImporter, type Importer } from '../import/importer.ts';
import { GAS_PRICE } from '../node-context.ts';
import { createPool, type NodePool, type PoolOptions } from '../pool/create-pool.ts';
import { createRecoverSenders } from '../pool/senders.ts';
import { createPayloadResolver, noPayloads } from '../private/payload-resolver.ts';
import { testGenesis, testKey } from './genesis.ts';

/** A chain with one validator whose key the test holds: blocks are made and sealed at will. */
export interface TestChain {
  readonly chain: Blockchain;
  readonly executor: Executor;
  readonly importer: Importer;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly accountKeys: readonly Uint8Array[];
  readonly writeFailures: unknown[];
  createPool(options?: Partial<PoolOptions>): NodePool;
  /** A sealed block on the parent (default: the tip). */
  makeBlock(transactions: readonly Transaction[], parent?: ChainBlock, secondsLater?: bigint): Promise<Block>;
  /** Makes, imports, and waits until it is durable. */
  addBlock(transactions?: readonly Transaction[], parent?: ChainBlock, secondsLater?: bigint): Promise<ChainBlock>;
  /** Frees states of old blocks, under `gcMode: 'full'`. */
  prune(): Promise<void>;
  /** The block with seals by these keys. */
  seal(block: Block, keys?: readonly Uint8Array[]): Block;
  /** A signed transfer of 1 wei to itself by account `index`. */
  transfer(index: number, nonce: number, overrides?: Partial<Transaction>): Transaction;
}

export interface TestChainOptions {
  readonly store?: Store;
  readonly validators?: number;
  readonly forkChoice?: ForkChoice;
  readonly gasLimit?: bigint;
  /** See `TestGenesisOptions`. */
  readonly validatorsByContractFrom?: number;
  readonly gcMode?: GcMode;
  /** More members of the genesis' `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const startMs = 1_800_000_000_000;

export async function createTestChain(options: TestChainOptions = {}): Promise<TestChain> {
  const validatorKeys = Array.from({ length: options.validators ?? 1 }, (_, index) => testKey(`node ${index + 1}`));
  const accountKeys = [testKey('account 1'), testKey('account 2'), testKey('account 3')];
  const store = options.store ?? createMemoryStore();
  const clock = createVirtualClock(startMs);
  const writeFailures: unknown[] = [];
  const genesis = testGenesis({
    nodeKeys: validatorKeys,
    accountKeys,
    timestamp: startMs / 1000 - 10_000,
    ...(options.gasLimit === undefined ? {} : { gasLimit: options.gasLimit }),
    ...(options.config === undefined ? {} : { config: options.config }),
    ...(options.validatorsByContractFrom === undefined
      ? {}
      : { validatorsByContractFrom: options.validatorsByContractFrom }),
  });
  const { chain, database, prune } = await openChain({
    genesis,
    store,
    logger: silentLogger,
    onWriteFailure: (error) => void writeFailures.push(error),
    ...(options.forkChoice === undefined ? {} : { forkChoice: options.forkChoice }),
    ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
  });
  const rules = createEngineRules({ chain, database, profile: 'strict', recover: createRecoverCache() });
  const author = (header: Parameters<typeof rules.author>[0]) => rules.author(header);
  const executor = createExecutor({ chain, database, evm: createFastEvm(), config: genesis.config, author });
  const recoverSenders = createRecoverSenders();
  const resolver = createPayloadResolver({ source: noPayloads });
  const importer = createImporter({ chain, executor, rules, recoverSenders, resolver, clock });

  function seal(block: Block, keys: readonly Uint8Array[] = validatorKeys): Block {
    const digest = qbftCommitDigest(block.header, 0);
    const seals = keys.map((key) => signDigestBytes(digest, key));
    return { ...block, header: withQbftSeals(block.header, 0, seals) };
  }

  async function makeBlock(
    transactions: readonly Transaction[],
    parent = chain.tip(),
    secondsLater = 1n,
  ): Promise<Block> {
    const author = nodeKeyToAddress(validatorKeys[0]!);
    const header = prepareQbftHeader({
      parent: parent.block.header,
      validators: rules.validatorsAfter({ hash: parent.hash, header: parent.block.header }),
      config: genesis.config,
      author,
      nowSeconds: parent.block.header.timestamp + secondsLater,
    });
    const built = await executor.build({ parent, header, author, candidates: transactions });
    return seal({ header: built.header, transactions: built.transactions, uncles: [] });
  }

  return {
    chain,
    executor,
    importer,
    store,
    clock,
    accountKeys,
    writeFailures,
    createPool: (overrides = {}) =>
      createPool({
        chain,
        database,
        recoverSenders,
        access: openAccess,
        logger: silentLogger,
        gasPriceMin: GAS_PRICE,
        ...overrides,
      }),
    prune,
    makeBlock,
    async addBlock(transactions = [], parent = chain.tip(), secondsLater = 1n) {
      const outcome = await importer.import(await makeBlock(transactions, parent, secondsLater));
      if (outcome.type !== 'imported') throw new Error('the block was known');
      await outcome.durable;
      return outcome.block;
    },
    seal,
    transfer(index, nonce, overrides = {}) {
      const fields = {
        type: 0,
        nonce: BigInt(nonce),
        gasPrice: 0n,
        gasLimit: 21_000n,
        to: new Uint8Array(20).fill(7),
        value: 1n,
        data: new Uint8Array(0),
      };
      const merged = { ...fields, ...overrides } as Parameters<typeof signTransaction>[0];
      return signTransaction(merged, accountKeys[index]!, { chainId: 1337n });
    },
  };
}
