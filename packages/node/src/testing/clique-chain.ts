import { prepareCliqueHeader, sealCliqueHeader } from '@isoquorum/consensus/clique/prepare-header';
import type { HeaderVote } from '@isoquorum/consensus/header';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import { createFastEvm } from '@isoquorum/execution/evm/fast/engine';
import { createVirtualClock, type VirtualClock } from '@isoquorum/platform/memory/clock';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import type { Store } from '@isoquorum/platform/store';
import type { Block } from '@isoquorum/primitives/block';
import type { Address, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { compareBytes, concatBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { signTransaction, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { openAccess } from '../access-policy.ts';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import { openChain } from '../chain/open-chain.ts';
import type { GcMode } from '../chain/pruner.ts';
import type { CliqueRules } from '../engine/clique-rules.ts';
import { createEngineRules } from '../engine/create-engine-rules.ts';
import { createExecutor } from '../import/executor.ts';
import { createImporter, type Importer, type ImportOutcome } from '../import/importer.ts';
import { GAS_PRICE } from '../node-context.ts';
import { createPool, type NodePool } from '../pool/create-pool.ts';
import { createRecoverSenders } from '../pool/senders.ts';
import { createPayloadResolver } from '../private/payload-resolver.ts';
import { createPrivateFollower } from '../private/private-follower.ts';
import { testCliqueGenesis, testKey } from './genesis.ts';

/** Wall clock of these tests, and the time of the genesis block long before. */
const startMs = 1_800_000_000_000;

export const cliqueSignerKeys: readonly Uint8Array[] = ['signer 1', 'signer 2', 'signer 3']
  .map(testKey)
  .toSorted((left, right) => compareBytes(nodeKeyToAddress(left), nodeKeyToAddress(right)));
export const cliqueAccountKeys: readonly Uint8Array[] = [testKey('account 1'), testKey('account 2')];

/** A Clique chain with three signers whose keys the test holds, and a private state that knows every payload of `privateCall`. */
export interface CliqueChain {
  readonly chain: Blockchain;
  readonly rules: CliqueRules;
  readonly pool: NodePool;
  readonly database: StateDatabase;
  readonly importer: Importer;
  readonly clock: VirtualClock;
  /** @param signer 0 to 2 in the order of turns: the signer in turn at block n is n mod 3 */
  make(parent: ChainBlock, signer: number, transactions?: readonly Transaction[], vote?: HeaderVote): Promise<Block>;
  /** Imports, and waits until it is durable and the private state has followed. */
  take(block: Block): Promise<ImportOutcome>;
  genesis(): ChainBlock;
  /** Frees states of old blocks, under `gcMode: 'full'`. */
  prune(): Promise<void>;
  close(): Promise<void>;
}

export interface CliqueChainOptions {
  readonly store: Store;
  readonly epochLength?: number;
  readonly gcMode?: GcMode;
}

const payloads = new Map<string, Uint8Array>();
const keyOf = (digest: EncryptedPayloadHash): string => digest.join();

/** A private transaction by account `index` that creates a contract with this creation code. */
export function privateCreation(index: number, nonce: number, code: Uint8Array): Transaction {
  const digest = concatBytes(keccak256(code), keccak256(concatBytes(code, code)));
  payloads.set(keyOf(digest), code);
  const fields = {
    type: 0 as const,
    nonce: BigInt(nonce),
    gasPrice: 0n,
    gasLimit: 300_000n,
    to: undefined,
    value: 0n,
    data: digest,
  };
  return signTransaction(fields, cliqueAccountKeys[index] as Uint8Array, { isPrivate: true });
}

export async function createCliqueChain(options: CliqueChainOptions): Promise<CliqueChain> {
  const genesis = testCliqueGenesis({
    signers: cliqueSignerKeys.map(nodeKeyToAddress),
    accountKeys: cliqueAccountKeys,
    timestamp: startMs / 1000 - 10_000,
    ...(options.epochLength === undefined ? {} : { epochLength: options.epochLength }),
  });
  const clock = createVirtualClock(startMs);
  const failures: unknown[] = [];
  const onFatal = (error: unknown): void => void failures.push(error);
  const { chain, database, prune } = await openChain({
    genesis,
    store: options.store,
    logger: silentLogger,
    onWriteFailure: onFatal,
    ...(options.gcMode === undefined ? {} : { gcMode: options.gcMode }),
  });
  const rules = createEngineRules({ chain, database, profile: 'strict', recover: createRecoverCache() });
  if (rules.kind !== 'clique') throw new Error('not a Clique chain');
  const author = (header: Parameters<typeof rules.author>[0]): Address => rules.author(header);
  const executor = createExecutor({ chain, database, evm: createFastEvm(), config: genesis.config, author });
  const resolver = createPayloadResolver({
    source: {
      receive(digest) {
        const payload = payloads.get(keyOf(digest));
        return Promise.resolve(payload && { payload, privacyFlag: 0 });
      },
    },
  });
  const recoverSenders = createRecoverSenders();
  const importer = createImporter({ chain, executor, rules, recoverSenders, resolver, clock });
  const follower = createPrivateFollower({ chain, executor, resolver, clock, logger: silentLogger, onFatal });
  const parts = { chain, database, recoverSenders, access: openAccess, logger: silentLogger };
  const pool = createPool({ ...parts, gasPriceMin: GAS_PRICE });
  await pool.start();
  follower.start();
  await follower.idle();

  return {
    chain,
    rules,
    pool,
    database,
    importer,
    clock,
    prune,
    async make(parent, signer, transactions = [], vote) {
      const key = cliqueSignerKeys[signer] as Uint8Array;
      const { header: parentHeader } = parent.block;
      const header = prepareCliqueHeader({
        parent: parentHeader,
        snapshot: rules.snapshotAfter({ hash: parent.hash, header: parentHeader }),
        config: genesis.config,
        signer: nodeKeyToAddress(key),
        nowSeconds: 0n,
        vote,
      });
      const built = await executor.build({ parent, header, author: nodeKeyToAddress(key), candidates: transactions });
      const sealed = sealCliqueHeader(built.header, (digest) => signDigestBytes(digest, key));
      return { header: sealed, transactions: built.transactions, uncles: [] };
    },
    async take(block) {
      const outcome = await importer.import(block);
      if (outcome.type === 'imported') await outcome.durable;
      await follower.idle();
      if (failures.length > 0) throw failures[0];
      return outcome;
    },
    genesis: () => chain.blocks.block(chain.reader.genesisHash) as ChainBlock,
    async close() {
      await follower.stop();
      pool.stop();
      await chain.writes.flush();
      await options.store.close();
    },
  };
}
