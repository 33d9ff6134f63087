import type { PrivateReceipt } from '@isoquorum/execution/transition/types';
import type { EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { emptyTrieRoot } from '@isoquorum/primitives/header';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { deriveReceipts } from '@isoquorum/primitives/receipt-storage';
import type { Receipt } from '@isoquorum/primitives/receipt';
import type { Transaction } from '@isoquorum/primitives/transaction/transaction';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import type { StateDatabase } from '@isoquorum/execution/state/database';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import { type BlockStore, sendersForDerivation } from './block-store.ts';
import type { ChainBlock, ChainEvent, PrivateHead, PrivateWait } from './chain.ts';
import { EMPTY_PRIVATE_STATE } from '../private/private-groups.ts';
import { privateStateBehind, unknownBlock, unknownPrivateState } from './errors.ts';
import { SECTION_BLOCKS } from '../bloom/section.ts';
import {
  bloomSectionKey,
  keyToNumber,
  numberToKey,
  privateBranchKey,
  privateHeadKey,
  privateResultKey,
} from './keys.ts';
import { createLru } from './lru.ts';
import { type HeadPlace, MovingHead } from './moving-head.ts';
import { decodePrivateResult, encodePrivateResult, innerName } from './private-result.ts';
import type { Pruner } from './pruner.ts';
import { createUnresolvedPayloads, type UnresolvedPayloads } from './unresolved-payloads.ts';
import type { WriteQueue } from './write-queue.ts';

/** What a private state made of a block, ready to be stored. */
export interface PrivateCommit {
  readonly psi: string;
  readonly block: ChainBlock;
  readonly root: Hash32;
  /** Root of the extra data that goes with it. */
  readonly extraRoot: Hash32;
  readonly logsBloom: Uint8Array;
  readonly receipts: readonly PrivateReceipt[];
  readonly operations: readonly StoreOperation[];
  /** Digests that counted as "not a party": should a payload come later, this block is replayed. */
  readonly notParty: readonly EncryptedPayloadHash[];
  /** Digests whose payload was there: no earlier run without it counts any more. */
  readonly resolved: readonly EncryptedPayloadHash[];
}

/** Private states: a head of its own each, results by block hash. */
export interface PrivateStore {
  readonly names: readonly string[];
  /** Where private states stand that are in the store and not followed now. */
  readonly resting: ReadonlyMap<string, HeadPlace>;
  head(psi: string): PrivateHead;
  /** @throws UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK, PRIVATE_STATE_BEHIND */
  root(blockHash: Hash32, psi: string): Hash32;
  /** Root of the accounts' extra data after a block. @throws UNKNOWN_PRIVATE_STATE, UNKNOWN_BLOCK, PRIVATE_STATE_BEHIND */
  extraRoot(blockHash: Hash32, psi: string): Hash32;
  receipts(blockHash: Hash32, psi: string): ReadonlyMap<number, Receipt> | undefined;
  /** Receipts of the private transactions inside markers, by index of the marker; `undefined` as for `receipts`. */
  innerReceipts(blockHash: Hash32, psi: string): ReadonlyMap<number, Receipt> | undefined;
  /** No bytes when the block has no private logs. */
  bloom(blockHash: Hash32, psi: string): Uint8Array | undefined;
  /**
   * Stores the results of the block after the head and moves the head, in one batch. Resolves when durable; `stale` when the head has
   * been moved below the block meanwhile, and nothing was stored.
   */
  commit(commit: PrivateCommit): Promise<'done' | 'stale'>;
  /** The same for blocks without private transactions, one after the other: nothing happens in them, and all are in one batch. */
  commitNothing(psi: string, blocks: readonly ChainBlock[]): Promise<'done' | 'stale'>;
  /**
   * For a block without private transactions that becomes the head: the private states that stand at its parent go with it. The operations belong
   * into the block's batch; `arrive` is to be called when that is durable, and answers what listeners are to be told.
   */
  accompany(block: ChainBlock): { readonly operations: readonly StoreOperation[]; arrive(): readonly ChainEvent[] };
  /** Moves the head of a private state back to a canonical block; what comes after is executed again. */
  rewind(psi: string, number: number, digest: string): Promise<void>;
  /** For a reorganisation: no private head stays above `number`, at once; the operations belong into the batch that moves the public head. */
  retreat(number: number): StoreOperation[];
  /** Notes why a head stands, or that it moves again. */
  setWaiting(psi: string, wait: PrivateWait | undefined): void;
  /** Digests that blocks were executed without. */
  readonly unresolved: UnresolvedPayloads;
  /** Whether a block, and all after it, can be executed again: the states before them have not been pruned. */
  isReplayable(number: number): boolean;
}

interface CachedResult {
  readonly root: Hash32;
  readonly extraRoot: Hash32;
  readonly bloom: Uint8Array;
  readonly receipts: ReadonlyMap<number, Receipt>;
  readonly inner: ReadonlyMap<number, Receipt>;
}

export interface PrivateStoreOptions {
  readonly genesis: Genesis;
  readonly genesisHash: Hash32;
  readonly store: Store;
  readonly blocks: BlockStore;
  readonly writes: WriteQueue;
  readonly database: StateDatabase;
  readonly pruner: Pruner;
  readonly privateStates: readonly string[];
  /** Others that are in the store. */
  readonly restingStates: readonly string[];
  readonly publicHead: () => ChainBlock;
  readonly emit: (event: ChainEvent) => void;
}

const noReceipts: ReadonlyMap<number, Receipt> = new Map();

/** After the genesis, every private state is empty. */
const genesisResult: CachedResult = {
  root: emptyTrieRoot,
  extraRoot: emptyTrieRoot,
  bloom: new Uint8Array(0),
  receipts: noReceipts,
  inner: noReceipts,
};

export function createPrivateStore(options: PrivateStoreOptions): PrivateStore {
  const { store, blocks, writes } = options;
  const unresolved = createUnresolvedPayloads(store);
  const results = createLru<CachedResult>(256);
  const heads = new Map<string, MovingHead>();
  for (const psi of options.privateStates) heads.set(psi, new MovingHead(loadHead(psi)));

  function loadHead(psi: string): HeadPlace {
    const bytes = store.getSync(privateHeadKey(psi));
    if (bytes === undefined) return genesisHead();
    let number = keyToNumber(bytes);
    let hash: Hash32 = bytes.slice(8);
    // A crash may have left a private head on a block that is not canonical; go down to one that is.
    const top = options.publicHead().block.header.number;
    for (;;) {
      const canonical = number <= top ? blocks.canonicalHash(number) : undefined;
      const result = canonical && (number === 0 ? genesisResult : load(canonical, psi));
      if (canonical !== undefined && result !== undefined) {
        return { number, hash: canonical, root: result.root, extraRoot: result.extraRoot };
      }
      if (number === 0) return genesisHead();
      number = Math.min(number - 1, top);
      hash = blocks.canonicalHash(number) ?? hash;
    }
  }

  function genesisHead(): HeadPlace {
    const { root, extraRoot } = genesisResult;
    return { number: 0, hash: options.genesisHash, root, extraRoot };
  }

  /** What stands for the result of a block before a private state began as a copy of that of nobody. */
  function nobodysResult(hash: Hash32, psi: string): Uint8Array | undefined {
    const branch = store.getSync(privateBranchKey(psi));
    if (branch === undefined || (blocks.header(hash)?.number ?? Infinity) > keyToNumber(branch)) return undefined;
    return store.getSync(privateResultKey(hash, EMPTY_PRIVATE_STATE));
  }

  function load(hash: Hash32, psi: string): CachedResult | undefined {
    const key = privateResultKey(hash, psi);
    const known = results.get(key);
    if (known !== undefined) return known;
    const bytes = store.getSync(key) ?? nobodysResult(hash, psi);
    const found = bytes && blocks.block(hash);
    if (bytes === undefined || found === undefined) return undefined;
    const stored = decodePrivateResult(bytes);
    const { header, transactions } = found.block;
    const own = stored.indexes.map((index) => transactions[index] as Transaction);
    const senders = sendersForDerivation(own, signerChainIdAt(options.genesis.config, header.number));
    const receipts = new Map<number, Receipt>();
    const inner = new Map<number, Receipt>();
    for (const [position, derived] of deriveReceipts(stored.receipts, own, senders).entries()) {
      const index = stored.indexes[position] as number;
      const inside = derived.privateReceipts?.get(innerName);
      if (inside === undefined) receipts.set(index, { ...derived, gasUsed: 0n });
      else inner.set(index, inside);
    }
    const result = { root: stored.root, extraRoot: stored.extraRoot, bloom: stored.bloom, receipts, inner };
    if (header.number <= options.publicHead().block.header.number) results.set(key, result);
    return result;
  }

  /** @throws UNKNOWN_PRIVATE_STATE */
  function headOf(psi: string): MovingHead {
    const head = heads.get(psi);
    if (head === undefined) throw unknownPrivateState(psi, options.genesis.config.isMps);
    return head;
  }

  /** The result, unless the head has not reached the block (again, after a rewind). */
  function reached(hash: Hash32, psi: string): CachedResult | undefined {
    const header = blocks.header(hash);
    if (header === undefined || header.number > headOf(psi).place.number) return undefined;
    if (header.number === 0) return genesisResult;
    return load(hash, psi);
  }

  function resultOf(hash: Hash32, psi: string): CachedResult {
    const { place } = headOf(psi);
    const header = blocks.header(hash);
    if (header === undefined) throw unknownBlock(hash);
    const result = reached(hash, psi);
    if (result === undefined) throw privateStateBehind(psi, place.number, header.number);
    return result;
  }

  function headOperation(psi: string, { number, hash }: HeadPlace): StoreOperation {
    return { type: 'put', key: privateHeadKey(psi), value: concatBytes(numberToKey(number), hash) };
  }

  /** What of the index of private logs does not hold any more after a head goes back. */
  function forgetIndex(psi: string, from: number, to: number): StoreOperation[] {
    const operations: StoreOperation[] = [];
    for (let section = Math.floor(to / SECTION_BLOCKS); section <= Math.floor(from / SECTION_BLOCKS); section += 1)
      operations.push({ type: 'delete', key: bloomSectionKey(psi, section) });
    return operations;
  }

  /** Moves the head in memory; the operations that do so on disk, or nothing when neither it nor its target is above `number`. */
  function moveBack(psi: string, number: number): readonly StoreOperation[] {
    const head = headOf(psi);
    const isCut = head.cut(number);
    // What is being written moves the head on disk: it has to be moved back even if it never was moved here.
    if (head.place.number <= number) return isCut ? [headOperation(psi, head.target)] : [];
    const hash = number === 0 ? options.genesisHash : blocks.canonicalHash(number);
    const result = number === 0 ? genesisResult : hash && load(hash, psi);
    if (hash === undefined || result === undefined) return number > 0 ? moveBack(psi, number - 1) : [];
    const place = { number, hash, root: result.root, extraRoot: result.extraRoot };
    const operations = [headOperation(psi, place), ...forgetIndex(psi, head.place.number, number)];
    head.moveBack(place);
    return operations;
  }

  function isCanonical({ hash, block }: ChainBlock): boolean {
    const canonical = blocks.canonicalHash(block.header.number);
    return canonical !== undefined && bytesEqual(canonical, hash);
  }

  /** Notes the results of a block, for readers once the head is there; the operations that store them. */
  function takeResults(commit: Omit<PrivateCommit, 'operations'>): StoreOperation[] {
    const { psi, block } = commit;
    const key = privateResultKey(block.hash, psi);
    const receipts = new Map<number, Receipt>();
    const inner = new Map<number, Receipt>();
    for (const { index, isInner, receipt } of commit.receipts) (isInner ? inner : receipts).set(index, receipt);
    const hasLogs = commit.receipts.some(({ receipt }) => receipt.logs.length > 0);
    results.set(key, {
      root: commit.root,
      extraRoot: commit.extraRoot,
      bloom: hasLogs ? commit.logsBloom : new Uint8Array(0),
      receipts,
      inner,
    });
    const { number } = block.block.header;
    return [
      { type: 'put', key, value: encodePrivateResult({ ...commit, bloom: commit.logsBloom }) },
      ...unresolved.operations(psi, number, commit.notParty, commit.resolved),
    ];
  }

  /** Results of blocks in which nothing happens, after the target of a head. */
  function takeNothing(psi: string, block: ChainBlock): StoreOperation[] {
    const { root, extraRoot } = headOf(psi).target;
    const nothing = { logsBloom: new Uint8Array(0), receipts: [], notParty: [], resolved: [] };
    return takeResults({ psi, block, root, extraRoot, ...nothing });
  }

  function headEvent(psi: string, { number, hash, root }: HeadPlace): ChainEvent {
    return { type: 'privateHead', psi, number, hash, root };
  }

  /** Whether blocks follow a private head on the chain, and nothing moves it. Waits for what does. */
  async function mayFollow(psi: string, added: readonly ChainBlock[]): Promise<boolean> {
    const head = headOf(psi);
    if (head.isMoving) {
      await writes.flush();
      return false;
    }
    // A reorganisation may have come while the block was being executed; a sibling in its place has the same parent.
    let parent = head.place.hash;
    return added.every((block) => {
      const isNext = bytesEqual(block.block.header.parentHash, parent) && isCanonical(block);
      parent = block.hash;
      return isNext;
    });
  }

  /** Writes a batch that moves a head to a place, and moves it when that is durable. */
  async function write(
    psi: string,
    place: HeadPlace,
    operations: readonly StoreOperation[],
  ): Promise<'done' | 'stale'> {
    const head = headOf(psi);
    options.pruner.note(operations);
    head.plan(place);
    await writes.write([...operations, headOperation(psi, place)]);
    // A reorganisation may have come while this was being written; its batch, which follows, moves the head back on disk too.
    return head.arrive(place) ? 'done' : 'stale';
  }

  return {
    names: options.privateStates,
    resting: new Map(options.restingStates.map((psi) => [psi, loadHead(psi)])),
    head(psi) {
      const { place, waitingFor } = headOf(psi);
      return { psi, ...place, waitingFor };
    },
    root: (hash, psi) => resultOf(hash, psi).root,
    extraRoot: (hash, psi) => resultOf(hash, psi).extraRoot,
    receipts: (hash, psi) => reached(hash, psi)?.receipts,
    innerReceipts: (hash, psi) => reached(hash, psi)?.inner,
    bloom: (hash, psi) => reached(hash, psi)?.bloom,
    async commit(commit) {
      const { psi, block, root, extraRoot } = commit;
      if (!(await mayFollow(psi, [block]))) return 'stale';
      const place = { number: block.block.header.number, hash: block.hash, root, extraRoot };
      const outcome = await write(psi, place, [...commit.operations, ...takeResults(commit)]);
      options.database.settle(commit.operations);
      if (outcome === 'done') options.emit(headEvent(psi, place));
      return outcome;
    },
    async commitNothing(psi, added) {
      const last = added.at(-1);
      if (last === undefined || !(await mayFollow(psi, added))) return 'stale';
      const place = { ...headOf(psi).place, number: last.block.header.number, hash: last.hash };
      const operations = added.flatMap((block) => takeNothing(psi, block));
      const outcome = await write(psi, place, operations);
      if (outcome === 'stale') return outcome;
      for (const { hash, block } of added)
        options.emit(headEvent(psi, { ...place, number: block.header.number, hash }));
      return outcome;
    },
    accompany(block) {
      const operations: StoreOperation[] = [];
      const places = new Map<string, HeadPlace>();
      const { number, parentHash } = block.block.header;
      for (const psi of options.privateStates) {
        const { target } = headOf(psi);
        if (!bytesEqual(target.hash, parentHash)) continue;
        const place = { ...target, number, hash: block.hash };
        operations.push(...takeNothing(psi, block), headOperation(psi, place));
        headOf(psi).plan(place);
        places.set(psi, place);
      }
      return {
        operations,
        arrive: () => [...places].flatMap(([psi, place]) => (headOf(psi).arrive(place) ? [headEvent(psi, place)] : [])),
      };
    },
    async rewind(psi, number, digest) {
      const operations = moveBack(psi, number);
      if (operations.length === 0) return;
      await writes.write(operations);
      options.emit({ type: 'privateRewind', psi, number: headOf(psi).place.number, digest });
    },
    retreat: (number) => options.privateStates.flatMap((psi) => moveBack(psi, number)),
    setWaiting(psi, wait) {
      headOf(psi).waitingFor = wait;
      if (wait !== undefined) options.emit({ type: 'privateWaiting', psi, wait });
    },
    unresolved,
    // The genesis is kept always, so that from 1 on all are there.
    isReplayable: (number) => number > options.pruner.keptFrom() || options.pruner.keptFrom() <= 1,
  };
}
