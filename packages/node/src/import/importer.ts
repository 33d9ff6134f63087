import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { signerChainIdAt } from '@isoquorum/primitives/fork';
import { bytesEqual, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import {
  knownTransactionSender,
  rememberTransactionSender,
  type Transaction,
  transactionHash,
} from '@isoquorum/primitives/transaction/transaction';
import type { Header } from '@isoquorum/primitives/header';
import type { Clock } from '@isoquorum/platform/clock';
import type { Blockchain } from '../chain/blockchain.ts';
import type { ChainBlock } from '../chain/chain.ts';
import type { CommonRules } from '../engine/engine.ts';
import type { PayloadResolver } from '../private/payload-resolver.ts';
import { privateDigestsOf } from '../private/private-digests.ts';
import type { RecoverSenders } from '../pool/senders.ts';
import type { Executor } from './executor.ts';

/** How far into the future a block may be that the original keeps until its time has come, seconds. */
const futureSecondsMax = 30n;

/** `UNKNOWN_ANCESTOR`: the parent is not in the store; catching up may bring it. `BRANCH_TOO_OLD`: the parent's state has been pruned. */
export type ImportErrorCode = 'UNKNOWN_ANCESTOR' | 'BRANCH_TOO_OLD';

export interface ImportOptions {
  /** The header with its seals has been verified by the caller (consensus, a segment of headers). */
  readonly isHeaderVerified?: boolean;
}

export type ImportOutcome =
  | { readonly type: 'known' }
  /** `durable` resolves when block and head are on disk and listeners have been told. */
  | { readonly type: 'imported'; readonly block: ChainBlock; readonly durable: Promise<void> };

/** The one way into the chain for blocks of peers, of consensus and of files. Blocks are taken one at a time, in the order given. */
export interface Importer {
  /** @throws UNKNOWN_ANCESTOR, BLOCK_INVALID, CHAIN_CONFLICT, header rules' errors */
  import(block: Block, options?: ImportOptions): Promise<ImportOutcome>;
  /** Executes a proposal on its parent and keeps the result for its import. @throws as import */
  verify(block: Block): Promise<void>;
}

export interface ImporterOptions {
  readonly chain: Blockchain;
  readonly executor: Executor;
  readonly rules: CommonRules;
  readonly recoverSenders: RecoverSenders;
  readonly resolver: PayloadResolver;
  readonly clock: Clock;
  /** A transaction of the pool by hash. */
  readonly pooled?: (hash: Hash32) => Transaction | undefined;
}

export function createImporter(options: ImporterOptions): Importer {
  const { chain, executor, rules, clock } = options;
  let tail: Promise<unknown> = Promise.resolve();

  function parentOf(block: Block, hash: Hash32): ChainBlock {
    const { parentHash, number } = block.header;
    const parent = chain.blocks.block(parentHash);
    if (parent === undefined || parent.block.header.number + 1 !== number) {
      throw new IsoquorumError('UNKNOWN_ANCESTOR', 'unknown ancestor', { number, hash: bytesToHex(hash) }, 'IGNORE');
    }
    return parent;
  }

  /** Most transactions of a new block have been in the pool, where their senders were recovered. */
  function isSenderKnown(transaction: Transaction, chainId: bigint | undefined): boolean {
    if (knownTransactionSender(transaction, chainId) !== undefined) return true;
    const pooled = options.pooled?.(transactionHash(transaction));
    const sender = pooled && knownTransactionSender(pooled, chainId);
    if (sender === undefined) return false;
    rememberTransactionSender(transaction, chainId, sender);
    return true;
  }

  async function prepare(block: Block): Promise<void> {
    const chainId = signerChainIdAt(chain.reader.config, block.header.number);
    const unknown = block.transactions.filter((one) => !isSenderKnown(one, chainId));
    if (unknown.length > 1) await options.recoverSenders(unknown, chainId);
    const digests = privateDigestsOf(chain.reader.config, block);
    if (digests.length > 0) void options.resolver.resolveAhead(digests);
  }

  /** Blocks of the near future may be tried again; those beyond get the text of the original's importer. */
  function verifyHeader(header: Header, parent: ChainBlock): void {
    const nowMs = clock.nowMs();
    try {
      rules.verifyHeader(header, { hash: parent.hash, header: parent.block.header }, nowMs);
    } catch (error) {
      const allowed = BigInt(Math.floor(nowMs / 1000)) + futureSecondsMax;
      if (!isIsoquorumError(error, 'BLOCK_IN_FUTURE') || header.timestamp <= allowed) throw error;
      const text = `future block timestamp ${header.timestamp} > allowed ${allowed}`;
      throw new IsoquorumError('BLOCK_IN_FUTURE', text, error.fields, error.reaction, { cause: error });
    }
  }

  /** Where older states are pruned, a branch that left the canonical chain before them cannot be executed any more. */
  function refuseOldBranch({ number }: Header, hash: Hash32): void {
    const keptFrom = chain.reader.statesKeptFrom();
    if (number === 0 || number >= keptFrom) return;
    const text = `block ${number + 1} begins a branch on a state that is not kept any more`;
    throw new IsoquorumError('BRANCH_TOO_OLD', text, { number, keptFrom, hash: bytesToHex(hash) }, 'IGNORE');
  }

  async function importOne(block: Block, importOptions: ImportOptions): Promise<ImportOutcome> {
    const hash = blockHash(block);
    const { header } = block;
    const canonical = chain.blocks.canonicalHash(header.number);
    if (canonical !== undefined && bytesToBareHex(canonical) === bytesToBareHex(hash)) return { type: 'known' };
    const parent = parentOf(block, hash);
    if (importOptions.isHeaderVerified !== true) verifyHeader(header, parent);
    rules.verifyUncles(block);
    const verdict = chain.checkFork({ hash, block });
    if (verdict === 'side' && chain.blocks.receipts(hash) !== undefined) return { type: 'known' };
    if (!bytesEqual(parent.hash, chain.tip().hash)) refuseOldBranch(parent.block.header, hash);
    await prepare(block);
    const applied = await executor.execute(block, hash, parent);
    const durable = chain.commit({ hash, block, receipts: applied.receipts, operations: applied.operations });
    return { type: 'imported', block: { hash, block }, durable };
  }

  return {
    import(block, importOptions = {}) {
      const result = tail.then(() => importOne(block, importOptions));
      tail = result.catch(() => undefined);
      return result;
    },
    async verify(block) {
      const hash = blockHash(block);
      const parent = parentOf(block, hash);
      await prepare(block);
      await executor.execute(block, hash, parent);
    },
  };
}
