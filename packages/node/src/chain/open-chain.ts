import { IsoquorumError } from '@isoquorum/primitives/errors';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { createStateDatabase, type StateDatabase } from '@isoquorum/execution/state/database';
import { createStoreNodeSource } from '@isoquorum/execution/state/node-source';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type Blockchain, createBlockchain } from './blockchain.ts';
import { createBlockStore } from './block-store.ts';
import { branchPrivateStates } from './branch-private-states.ts';
import { type ChainBlock, DEFAULT_PRIVATE_STATE } from './chain.ts';
import { privateStatePruned, storeDamaged } from './errors.ts';
import { type ForkChoice, forkChoiceOf, noForks } from './fork-choice.ts';
import { createFlatOperations, createFlatSnapshot } from './flat-snapshot.ts';
import { createGenesisBlock } from './genesis-block.ts';
import { genesisKey, headKey, keyToPrivateState, privateHeadRange, schemaKey } from './keys.ts';
import { createPruner, type GcMode, type KeptTrie, type Pruner } from './pruner.ts';
import { openSideBlocks, type SideBlocks } from './side-blocks.ts';
import { checkStoredConfig } from './stored-config.ts';
import { createWriteQueue } from './write-queue.ts';

/** Layout of the store that this code writes. */
export const storeSchema = 2;

export interface OpenChainOptions {
  readonly genesis: Genesis;
  readonly store: Store;
  readonly logger: Logger;
  /** Told once when a write fails; the node must stop. */
  readonly onWriteFailure: (error: unknown) => void;
  readonly privateStates?: readonly string[];
  /** Private states that are in the store and not among these will go on later: what they need for that is not pruned. */
  readonly keepsOthers?: boolean;
  /** That of the chain's engine unless told. */
  readonly forkChoice?: ForkChoice;
  /** `archive` unless told. */
  readonly gcMode?: GcMode;
  /** Transactions (and receipts) of recent blocks that stay decoded in memory; 25,000 unless told. */
  readonly recentTransactions?: number;
  /** Blocks that stay decoded whatever their size: more than there are batches under way; 16 unless told. */
  readonly recentBlocksMin?: number;
  /** Trie nodes that stay decoded in memory at most; as the state database's unless told. */
  readonly maxNodes?: number;
}

export interface OpenedChain {
  readonly chain: Blockchain;
  readonly database: StateDatabase;
  /** Begins what goes on in the background: making the flat snapshot where it is missing. */
  readonly startUpkeep: () => void;
  readonly stopUpkeep: () => Promise<void>;
  /** Removes the states of old blocks now, whatever the mode. */
  readonly prune: () => Promise<void>;
  /** Resolves when the flat snapshot is whole. */
  readonly snapshotMade: () => Promise<void>;
}

function readSchema(store: Store): number | undefined {
  const bytes = store.getSync(schemaKey);
  if (bytes === undefined) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
}

function schemaValue(): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, storeSchema);
  return bytes;
}

/** Migrations by the version they start from; each brings the store one version on, logging progress. */
const migrations: ReadonlyMap<number, (store: Store, logger: Logger) => Promise<void>> = new Map([
  // 2 brought the flat snapshot, which is made in the background when it is absent.
  [1, async () => undefined],
]);

async function checkSchema(store: Store, logger: Logger): Promise<void> {
  let schema = readSchema(store);
  if (schema === undefined) return;
  if (schema > storeSchema) {
    throw new IsoquorumError(
      'STORE_SCHEMA_NEWER',
      `the store has layout ${schema}; this version knows ${storeSchema} at most`,
      { schema, supported: storeSchema },
      'STOP',
    );
  }
  for (; schema < storeSchema; schema++) {
    const migrate = migrations.get(schema);
    if (migrate === undefined) throw storeDamaged(`no way from layout ${schema}`);
    logger.log('info', 'Migrating the store', { from: schema, to: schema + 1 });
    await migrate(store, logger);
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, schema + 1);
    await store.batch([{ type: 'put', key: schemaKey, value }]);
  }
}

/**
 * Opens the chain in a store: writes the genesis into an empty one, checks layout and genesis of another, and goes back to
 * the last block whose state is whole if the head's is not (and says so).
 * @throws STORE_SCHEMA_NEWER, STORE_GENESIS_MISMATCH, CONFIG_INCOMPATIBLE, PRIVATE_STATE_PRUNED, STORE_DAMAGED (all STOP)
 */
export async function openChain(options: OpenChainOptions): Promise<OpenedChain> {
  const { genesis, store, logger } = options;
  await checkSchema(store, logger);
  const { block: genesisBlock, hash: genesisHash, operations: genesisOperations } = createGenesisBlock(genesis);
  const blocks = createBlockStore({
    store,
    chainIdAt: (number) => signerChainIdAt(genesis.config, number),
    genesisDifficulty: genesis.difficulty,
    keepsDifficulty: bftAlgorithmAt(genesis.config, 0) === undefined,
    ...(options.recentTransactions === undefined ? {} : { recentTransactions: options.recentTransactions }),
    ...(options.recentBlocksMin === undefined ? {} : { recentBlocksMin: options.recentBlocksMin }),
  });
  const writes = createWriteQueue(store, options.onWriteFailure);

  const database = createStateDatabase(
    createStoreNodeSource(store),
    options.maxNodes === undefined ? {} : { maxNodes: options.maxNodes },
  );
  const known = store.getSync(genesisKey);
  if (known === undefined) {
    database.add(genesisOperations);
    const flat = createFlatOperations(database, genesisBlock.header.stateRoot);
    const operations: StoreOperation[] = [...genesisOperations, ...flat];
    const block: ChainBlock = { hash: genesisHash, block: genesisBlock };
    blocks.putBlock(block, [], operations);
    blocks.putCanonical(block, operations);
    operations.push({ type: 'put', key: schemaKey, value: schemaValue() });
    operations.push({ type: 'put', key: genesisKey, value: genesisHash });
    operations.push({ type: 'put', key: headKey, value: genesisHash });
    operations.push(...checkStoredConfig(store, genesis.config, 0));
    await writes.write(operations);
    blocks.settle([block]);
    database.settle(genesisOperations);
  } else if (!bytesEqual(known, genesisHash)) {
    const fields = { store: bytesToHex(known), genesis: bytesToHex(genesisHash) };
    throw new IsoquorumError(
      'STORE_GENESIS_MISMATCH',
      `database contains incompatible genesis (have ${fields.store}, new ${fields.genesis})`,
      fields,
      'STOP',
    );
  }

  const forkChoice = options.forkChoice ?? forkChoiceOf(genesis.config);
  const { head, removed } = findHead(store, blocks);
  const config = checkStoredConfig(store, genesis.config, (removed[0] ?? head).block.header.number);
  if (config.length > 0) await writes.write(config);
  let tip = (): ChainBlock => removed[0] ?? head;
  const snapshot = createFlatSnapshot({
    store,
    database,
    writes,
    logger,
    tip: () => tip(),
    canonicalHash: (number) => blocks.canonicalHash(number),
    keepsUndo: forkChoice !== noForks,
    stateRootOf: (hash) => blocks.header(hash)?.stateRoot,
  });
  if (removed.length > 0) {
    const [from] = removed;
    logger.log('warn', 'The state of the head is not whole: went back', {
      from: from?.block.header.number,
      to: head.block.header.number,
    });
    const flat = snapshot.move(removed, []);
    const operations: StoreOperation[] = [{ type: 'put', key: headKey, value: head.hash }, ...flat.operations];
    for (const gone of removed) blocks.deleteCanonical(gone, operations);
    await writes.write(operations);
    flat.settle();
    blocks.settle(removed);
  }
  const privateStates = options.privateStates ?? [DEFAULT_PRIVATE_STATE];
  if (genesis.config.isMps) await branchPrivateStates(store, writes, logger, privateStates);
  const sides = await openSideBlocks(store, () => pruner.keptFrom());
  const pruner: Pruner = createPruner({
    mode: options.gcMode ?? 'archive',
    store,
    database,
    writes,
    logger,
    tipNumber: () => chain.tip().block.header.number,
    lowestHead() {
      const resting = options.keepsOthers === true ? [...chain.privates.resting.values()] : [];
      const heads = chain.privates.names.map((psi) => chain.privates.head(psi));
      return Math.min(...[...heads, ...resting].map(({ number }) => number));
    },
    triesOf: (from, to) => keptTries(chain, sides, from, to),
  });
  const chain: Blockchain = createBlockchain({
    genesis,
    genesisHash,
    store,
    blocks,
    writes,
    head,
    privateStates,
    restingStates: await restingStates(store, privateStates),
    forkChoice,
    sides,
    logger,
    database,
    snapshot,
    pruner,
  });
  tip = () => chain.tip();
  for (const psi of privateStates) {
    if (isOutOfReach(chain, database, psi))
      throw privateStatePruned(psi, chain.privates.head(psi).number, pruner.keptFrom());
  }
  return {
    chain,
    database,
    startUpkeep: () => snapshot.start(),
    stopUpkeep: async () => {
      await Promise.all([snapshot.stop(), pruner.stop()]);
    },
    prune: () => pruner.run(),
    snapshotMade: () => snapshot.idle(),
  };
}

/** Private states in the store that are not among these. */
async function restingStates(store: Store, followed: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const [key] of store.iterate(privateHeadRange)) {
    const psi = keyToPrivateState(key);
    if (!followed.includes(psi)) found.push(psi);
  }
  return found;
}

/** Whether a private state cannot go on: the states before the blocks that it has not executed, or its own, are pruned. */
function isOutOfReach(chain: Blockchain, database: StateDatabase, psi: string): boolean {
  const { privates } = chain;
  const { number, root, extraRoot } = privates.head(psi);
  const isThere = (trie: Hash32): boolean => bytesEqual(trie, emptyTrieRoot) || database.readNode(trie) !== undefined;
  if (!isThere(root) || !isThere(extraRoot)) return true;
  return number < chain.tip().block.header.number && !privates.isReplayable(number + 1);
}

/** The tries of the public and of every private state after each of these blocks, and after the genesis. */
function* keptTries(
  { blocks, privates }: Blockchain,
  sides: SideBlocks,
  from: number,
  to: number,
): Generator<KeptTrie> {
  // Those that nobody follows stay as they are.
  for (const { root, extraRoot } of privates.resting.values()) {
    yield { root, leaves: 'account' };
    yield { root: extraRoot, leaves: 'value' };
  }
  for (const hash of sides.between(from, to)) {
    const header = blocks.header(hash);
    if (header !== undefined) yield { root: header.stateRoot, leaves: 'account' };
  }
  for (let number = 0; number <= to; number = Math.max(from, number + 1)) {
    const hash = blocks.canonicalHash(number);
    const header = hash && blocks.header(hash);
    if (hash === undefined || header === undefined) continue;
    yield { root: header.stateRoot, leaves: 'account' };
    for (const psi of privates.names) {
      if (number === 0 || number > privates.head(psi).number) continue;
      yield { root: privates.root(hash, psi), leaves: 'account' };
      yield { root: privates.extraRoot(hash, psi), leaves: 'value' };
    }
  }
}

type Blocks = ReturnType<typeof createBlockStore>;

/** The last block whose state is whole, and the blocks above it that were canonical, newest first. */
function findHead(
  store: Store,
  blocks: Blocks,
): { readonly head: ChainBlock; readonly removed: readonly ChainBlock[] } {
  const hash = store.getSync(headKey);
  if (hash === undefined) throw storeDamaged('no head');
  const source = createStoreNodeSource(store);
  const isWhole = (block: ChainBlock): boolean => {
    const root = block.block.header.stateRoot;
    return bytesEqual(root, emptyTrieRoot) || source.node(root) !== undefined;
  };
  const removed: ChainBlock[] = [];
  for (let head = blocks.block(hash); head !== undefined; head = blocks.block(head.block.header.parentHash)) {
    if (isWhole(head)) return { head, removed };
    removed.push(head);
    if (head.block.header.number === 0) break;
  }
  throw storeDamaged('no block with a whole state', { head: bytesToHex(hash) });
}
