import type { Evm } from '@isoquorum/execution/evm/port';
import type { StateReader } from '@isoquorum/execution/state/types';
import { viewBlock } from '@isoquorum/execution/transition/apply-block';
import { applyPrivate } from '@isoquorum/execution/transition/apply-private';
import { innerTransactionOf, isExecutedMarker } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import type { PayloadResolution, PrivateTransactionView } from '@isoquorum/execution/transition/types';
import { expectedRequests } from '@isoquorum/execution/witness/requests';
import type { Logger } from '@isoquorum/platform/logger';
import type { Store, StoreOperation } from '@isoquorum/platform/store';
import type { EncryptedPayloadHash, Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { rulesAt, signerChainIdAt } from '@isoquorum/primitives/fork';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { emptyCodeHash, emptyTrieRoot } from '@isoquorum/primitives/header';
import { bareHexToBytes, bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { Receipt } from '@isoquorum/primitives/receipt';
import {
  isPrivateTransaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import type { CheckedBlock } from '../chain/header-verifier.ts';
import type { PublicState } from '../chain/public-state.ts';
import { participantError } from '../errors.ts';
import type { PrivateBlock, PrivateStore } from './private-store.ts';

/** Accounts of a block that are asked for at once. */
const prefetchMax = 512;
/** The one private state of a page. */
const psi = 'private';

/** What is known of a payload now; `unknown` stops the private head until it can be said. */
export type Resolution = PayloadResolution | { readonly type: 'unknown'; readonly reason: string };

/** A private transaction that was executed here, or of which this page is no party. */
export interface ExecutedTransaction {
  readonly hash: Hash32;
  readonly digest: EncryptedPayloadHash;
  readonly resolution: PayloadResolution;
  readonly receipt: Receipt;
}

export interface ExecutedBlock {
  readonly block: PrivateBlock;
  readonly privateRoot: Hash32;
  /** Root of the extra data of the private state's accounts. */
  readonly privateExtraRoot: Hash32;
  /** Private transactions, those inside markers under the marker's hash. */
  readonly transactions: readonly ExecutedTransaction[];
  /** Digests of which this page is no party. */
  readonly strange: readonly EncryptedPayloadHash[];
}

export interface PrivateHeadStatus {
  /** Every block up to this one is in the private state. */
  readonly number: number;
  readonly root: Hash32;
  /** Root of the accounts' extra data (privacy enhancements). */
  readonly extraRoot: Hash32;
  readonly state: 'following' | 'waiting' | 'replaying';
  readonly detail: string | undefined;
}

export interface PrivateHeadOptions {
  readonly config: ChainConfig;
  readonly evm: Evm;
  readonly publicState: PublicState;
  readonly privateStore: PrivateStore;
  readonly store: Store;
  readonly logger: Logger;
  /** Hash of a checked block, for BLOCKHASH. */
  readonly blockHash: (number: number) => Hash32 | undefined;
  readonly checkedNumber: () => number;
  readonly resolve: (digest: EncryptedPayloadHash, blockNumber: number) => Promise<Resolution>;
  /** What else to write with an executed block. */
  readonly operationsFor: (executed: ExecutedBlock) => Promise<readonly StoreOperation[]>;
  /** What else to write when block `number` and those after it are taken back. */
  readonly rewindOperations: (number: number) => Promise<readonly StoreOperation[]>;
  readonly onChange: () => void;
}

/** The page's own private state: it follows the checked head, stops where a payload cannot be told, and goes back when one comes late. */
export interface PrivateHead {
  status(): PrivateHeadStatus;
  /** The private root after a block that was reached. */
  rootAt(number: number): Hash32;
  /** Operations that keep the private transactions of checked blocks, for the batch of the public head. */
  keep(blocks: readonly CheckedBlock[]): readonly StoreOperation[];
  /** There may be something to do: a new block, an answer about a payload, a connection. */
  wake(): void;
  /** A payload is here now; takes the state back if its transaction had been skipped. */
  payloadArrived(digest: EncryptedPayloadHash): Promise<void>;
  /** Resolves once every block up to `number` is in the private state. @throws PRIVATE_STATE_BEHIND when it waits for a payload */
  reach(number: number): Promise<void>;
  stop(): Promise<void>;
}

export function createPrivateHead(options: PrivateHeadOptions): PrivateHead {
  const { config, evm, publicState, privateStore, store, logger } = options;
  let running = true;
  let replayTo = 0;
  let blocked: { readonly number: number; readonly reason: string } | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  const rewinds = new Set<number>();
  const waiters = new Set<() => void>();

  const nextNumber = (): number | undefined => {
    const next = privateStore.next(privateStore.executed());
    return next === undefined || next > options.checkedNumber() ? undefined : next;
  };
  const number = (): number => {
    const next = nextNumber();
    return next === undefined ? options.checkedNumber() : next - 1;
  };

  function changed(): void {
    options.onChange();
    for (const waiter of waiters) waiter();
  }

  function wake(): void {
    if (!running) return;
    if (working !== undefined) {
      again = true;
      return;
    }
    working = work()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        blocked = { number: nextNumber() ?? 0, reason };
        logger.log(
          isIsoquorumError(error) && error.reaction === 'RETRY' ? 'warn' : 'error',
          'private execution stopped',
          { reason },
        );
        changed();
      })
      .finally(() => {
        working = undefined;
        if (again) {
          again = false;
          wake();
        }
      });
  }

  async function work(): Promise<void> {
    while (running) {
      await carryOutRewinds();
      const next = nextNumber();
      if (next === undefined) {
        blocked = undefined;
        break;
      }
      const executed = await execute(await privateStore.read(next));
      if (executed === undefined) break;
      blocked = undefined;
      // The operations of the transition are in the block's own part of this batch.
      const operations = await options.operationsFor(executed);
      await store.batch([
        ...executed.operations,
        ...privateStore.execute(
          next,
          { root: executed.privateRoot, extraRoot: executed.privateExtraRoot },
          executed.strange,
        ),
        ...operations,
      ]);
      changed();
    }
    changed();
  }

  async function carryOutRewinds(): Promise<void> {
    if (rewinds.size === 0) return;
    const first = Math.min(...rewinds);
    rewinds.clear();
    if (first > privateStore.executed()) return;
    replayTo = Math.max(replayTo, privateStore.executed());
    const operations = await options.rewindOperations(first);
    await store.batch([...privateStore.rewind(first), ...operations]);
    logger.log('info', 'private state went back for a late payload', { to: first - 1 });
  }

  /** Executes one block; undefined when a payload cannot be told. */
  async function execute(
    block: PrivateBlock,
  ): Promise<(ExecutedBlock & { operations: readonly StoreOperation[] }) | undefined> {
    const { header } = block;
    const resolutions = await resolveAll(block);
    if (resolutions === undefined) return undefined;
    const isParty = [...resolutions.values()].some((resolution) => resolution.type === 'payload');
    const anchor = { blockHash: block.parentHash, stateRoot: block.parentRoot };
    const privateTransactions = isParty ? await viewsFromWitness(block) : strangerViews(block);
    const applied = await publicState.run(anchor, () =>
      applyPrivate({
        config,
        evm,
        database: publicState.database,
        blockHash: options.blockHash,
        header,
        author: block.author,
        psi,
        parentRoot: privateStore.rootAt(header.number - 1),
        parentExtraRoot: privateStore.extraRootAt(header.number - 1),
        privateTransactions,
        resolutions,
      }),
    );
    const views = new Map(privateTransactions.map((view) => [view.index, view]));
    const transactions = applied.receipts.flatMap(({ index, isInner, receipt }) => {
      const view = views.get(index);
      if (view === undefined) return [];
      const digest = isInner ? innerDigestOf(view, resolutions) : view.digest;
      if (digest === undefined) return [];
      const resolution = resolutions.get(bytesToBareHex(digest)) ?? ({ type: 'notParty' } as const);
      return [{ hash: view.hash, digest, resolution, receipt }];
    });
    const strange = [...resolutions].flatMap(([text, { type }]) => (type === 'notParty' ? [bareHexToBytes(text)] : []));
    return {
      block,
      privateRoot: applied.stateRoot,
      privateExtraRoot: applied.extraRoot,
      transactions,
      strange,
      operations: applied.operations,
    };
  }

  /** What is known of every payload of a block, those inside markers among them; undefined when one cannot be told. */
  async function resolveAll({
    header,
    transactions,
  }: PrivateBlock): Promise<Map<string, PayloadResolution> | undefined> {
    const resolutions = new Map<string, PayloadResolution>();
    const rules = rulesAt(config, header.number);
    const chainId = signerChainIdAt(config, header.number);
    const ask = async (digest: EncryptedPayloadHash): Promise<PayloadResolution | undefined> => {
      const resolution = await options.resolve(digest, header.number);
      if (resolution.type === 'unknown') {
        blocked = { number: header.number, reason: resolution.reason };
        return undefined;
      }
      resolutions.set(bytesToBareHex(digest), resolution);
      return resolution;
    };
    for (const transaction of transactions) {
      const isMarker = isExecutedMarker(transaction, rules);
      if (!isMarker && !isPrivateTransaction(transaction)) continue;
      const resolution = await ask(payloadHashOf(transaction));
      if (resolution === undefined) return undefined;
      if (!isMarker || resolution.type !== 'payload') continue;
      const inner = innerTransactionOf(resolution.payload, transaction, transactionSender(transaction, chainId));
      if (inner !== undefined && (await ask(payloadHashOf(inner))) === undefined) return undefined;
    }
    return resolutions;
  }

  /** Runs the public transactions before the private ones on a witness of the parent (decision 14). */
  async function viewsFromWitness(block: PrivateBlock): Promise<readonly PrivateTransactionView[]> {
    const { header, author, transactions } = block;
    const anchor = { blockHash: block.parentHash, stateRoot: block.parentRoot };
    const chainId = signerChainIdAt(config, header.number);
    await publicState.prefetch(anchor, expectedRequests(transactions, chainId, author).slice(0, prefetchMax));
    return publicState.run(anchor, () =>
      viewBlock({
        config,
        evm,
        database: publicState.database,
        blockHash: options.blockHash,
        header,
        transactions,
        parentRoot: block.parentRoot,
        author,
      }),
    );
  }

  /** Views for a block of which this page is no party at all: nothing of the public state matters, so nothing of it is fetched. */
  function strangerViews(block: PrivateBlock): readonly PrivateTransactionView[] {
    const chainId = signerChainIdAt(config, block.header.number);
    return block.transactions.flatMap((transaction, index) => {
      if (!isPrivateTransaction(transaction)) return [];
      const sender = transactionSender(transaction, chainId);
      return [
        {
          kind: 'private' as const,
          index,
          transaction,
          sender,
          hash: transactionHash(transaction),
          digest: payloadHashOf(transaction),
          cumulativeGasUsed: 0n,
          publicState: onlySender(sender, transaction.nonce),
        },
      ];
    });
  }

  return {
    status() {
      const at = number();
      const root = privateStore.rootAt(at);
      const extraRoot = privateStore.extraRootAt(at);
      if (blocked !== undefined && nextNumber() !== undefined)
        return {
          number: at,
          root,
          extraRoot,
          state: 'waiting',
          detail: `Block ${blocked.number} waits: ${blocked.reason}`,
        };
      if (nextNumber() !== undefined && at < replayTo)
        return {
          number: at,
          root,
          extraRoot,
          state: 'replaying',
          detail: 'A payload came late; its block and those after it run again.',
        };
      return { number: at, root, extraRoot, state: 'following', detail: undefined };
    },
    rootAt: (wanted) => privateStore.rootAt(wanted),
    keep(blocks) {
      return blocks.flatMap((block) => {
        const rules = rulesAt(config, block.header.number);
        const isConcerned = block.transactions.some(
          (transaction) => isPrivateTransaction(transaction) || isExecutedMarker(transaction, rules),
        );
        if (!isConcerned) return [];
        return privateStore.keep({
          header: block.header,
          parentHash: block.header.parentHash,
          parentRoot: block.parentRoot,
          author: block.author,
          transactions: block.transactions,
        });
      });
    },
    wake,
    async payloadArrived(digest) {
      const strangeIn = await privateStore.strangeIn(digest);
      if (strangeIn !== undefined && strangeIn <= privateStore.executed()) rewinds.add(strangeIn);
      wake();
    },
    async reach(wanted) {
      for (;;) {
        if (number() >= wanted || !running) return;
        if (blocked !== undefined && working === undefined)
          throw participantError(
            'PRIVATE_STATE_BEHIND',
            `The private state is at block ${number()}, the head at ${options.checkedNumber()}: ${blocked.reason}`,
            { privateNumber: number(), number: wanted },
          );
        wake();
        await new Promise<void>((resolve) => {
          const waiter = (): void => {
            waiters.delete(waiter);
            resolve();
          };
          waiters.add(waiter);
        });
      }
    },
    async stop() {
      running = false;
      await working;
      for (const waiter of waiters) waiter();
    },
  };
}

/** Digest of the private transaction inside a marker. */
function innerDigestOf(
  { transaction, sender, digest }: PrivateTransactionView,
  resolutions: ReadonlyMap<string, PayloadResolution>,
): EncryptedPayloadHash | undefined {
  const resolution = resolutions.get(bytesToBareHex(digest));
  const inner = resolution?.type === 'payload' && innerTransactionOf(resolution.payload, transaction, sender);
  return inner ? payloadHashOf(inner) : undefined;
}

/** A public state in which only the sender exists, with the nonce that its transaction proves. */
function onlySender(sender: Uint8Array, nonce: bigint): StateReader {
  return {
    account: (address) =>
      bytesEqual(address, sender)
        ? { nonce, balance: 1n << 128n, storageRoot: emptyTrieRoot, codeHash: emptyCodeHash }
        : undefined,
    storage: () => 0n,
    code: () => new Uint8Array(0),
  };
}
