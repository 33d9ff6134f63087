import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { Receipt } from '@isoquorum/primitives/receipt';
import {
  encodeTransaction,
  isPrivateTransaction,
  type Transaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import { encodeReceipt } from '@isoquorum/primitives/receipt';
import type { EvmBlock, EvmRunOptions } from '../evm/port.ts';
import { ChangeLog } from '../state/change-log.ts';
import { State } from '../state/state.ts';
import { createTrieReader } from '../state/trie-reader.ts';
import { TrieUpdater } from '../state/update-tries.ts';
import { listRoot } from '../trie/list-root.ts';
import { createEvmBlock, feeAccount, finaliseBlock, signerChainId } from './block-environment.ts';
import { blockInvalid, transactionError } from './errors.ts';
import { applyPrivateEnvelope, applyPublicMessage, type GasPool, type TransactionMessage } from './message.ts';
import { isExecutedMarker } from './marker.ts';
import { payloadHashOf } from './payload-hash.ts';
import { createReceipt, receiptsBloom } from './receipts.ts';
import type { AppliedBlock, PrivateTransactionView, Steps, TransitionContext } from './types.ts';

/**
 * A block while its transactions are applied to the public state one after another: the same for a block that is
 * verified and for one that is built.
 */
export class BlockRun {
  readonly state: State;
  readonly receipts: Receipt[] = [];
  readonly pool: GasPool;
  private readonly context: TransitionContext;
  private readonly header: Header;
  private readonly author: Address;
  private readonly block: EvmBlock;
  private readonly changeLog: ChangeLog | undefined;
  private readonly updater: TrieUpdater;
  private readonly feeAccount: Address;
  private readonly chainId: bigint | undefined;
  private readonly privateTransactions: PrivateTransactionView[] = [];
  private gasUsed = 0n;

  /** @param hasPrivate false for a block that is known to have neither private transactions nor markers: no views are kept */
  constructor(context: TransitionContext, header: Header, author: Address, parentRoot: Uint8Array, hasPrivate = true) {
    const reader = createTrieReader(context.database, parentRoot);
    this.context = context;
    this.header = header;
    this.author = author;
    this.block = createEvmBlock(context.config, header, author, context.blockHash);
    this.changeLog = hasPrivate ? new ChangeLog(reader) : undefined;
    this.state = new State(reader, this.changeLog);
    this.updater = new TrieUpdater(context.database, parentRoot, header.number);
    this.feeAccount = feeAccount(context.config, header, author);
    this.chainId = signerChainId(context.config, header);
    this.pool = { left: header.gasLimit };
  }

  /**
   * Applies the next transaction. After a transaction error nothing of it remains.
   * @throws a transaction error, TRANSACTION_SIGNATURE_INVALID, TRANSACTION_CHAIN_ID_MISMATCH, STATE_MISSING
   */
  *apply(transaction: Transaction, options: EvmRunOptions = {}): Steps<void> {
    const { rules } = this.block;
    const message: TransactionMessage = {
      transaction,
      sender: transactionSender(transaction, this.chainId, rules.isHomestead),
    };
    if (transaction.type === 1 && !rules.isBerlin) {
      throw transactionError('TRANSACTION_TYPE_NOT_SUPPORTED', 'transaction type not supported');
    }
    if (rules.isQuorum && !rules.isGasPriceEnabled && transaction.gasPrice > 0n) {
      throw transactionError('GAS_PRICE_NOT_ZERO', 'Gas price not 0');
    }
    const poolBefore = this.pool.left;
    const snapshot = this.state.snapshot();
    const { position } = this.state;
    const gasUsedBefore = this.gasUsed;
    const isPrivate = rules.isQuorum && isPrivateTransaction(transaction);
    try {
      const outcome = isPrivate
        ? applyPrivateEnvelope(this.state, this.block, this.pool, message, this.feeAccount, this.context.config.isMps)
        : yield* applyPublicMessage(
            this.context.evm,
            this.state,
            this.block,
            this.pool,
            message,
            this.feeAccount,
            options,
          );
      this.gasUsed += outcome.gasUsed;
      const logs = this.state.finalise(rules.isByzantium || rules.isEip158);
      const postState = rules.isByzantium ? undefined : this.updater.update(this.state);
      this.receipts.push(createReceipt(message, outcome, this.gasUsed, logs, postState));
    } catch (error) {
      this.state.revertTo(snapshot);
      this.state.finalise(false);
      this.pool.left = poolBefore;
      throw error;
    }
    const kind = isPrivate ? 'private' : isExecutedMarker(transaction, rules) ? 'marker' : undefined;
    if (kind !== undefined) this.notePrivate(kind, message, position, gasUsedBefore);
  }

  private notePrivate(
    kind: 'private' | 'marker',
    { transaction, sender }: TransactionMessage,
    position: number,
    cumulativeGasUsed: bigint,
  ): void {
    const { changeLog } = this;
    if (changeLog === undefined)
      throw blockInvalid('a private transaction where none was to be', { field: 'transactions' });
    this.privateTransactions.push({
      kind,
      index: this.receipts.length - 1,
      transaction,
      hash: transactionHash(transaction),
      sender,
      digest: payloadHashOf(transaction),
      publicState: changeLog.viewAt(position),
      cumulativeGasUsed,
    });
  }

  /** The private and marker transactions applied so far, each with its view of the public state. */
  get privateViews(): readonly PrivateTransactionView[] {
    return this.privateTransactions;
  }

  /** Ends the block: reward, roots, what has to be stored. @throws STATE_MISSING */
  finish(): AppliedBlock {
    finaliseBlock(this.context.config, this.header, this.author, this.state);
    this.state.finalise(this.block.rules.isEip158);
    const { root, operations } = this.updater.commit(this.state);
    return {
      stateRoot: root,
      receipts: this.receipts,
      receiptsRoot: listRoot(this.receipts.map(encodeReceipt)),
      logsBloom: receiptsBloom(this.receipts),
      gasUsed: this.gasUsed,
      operations,
      privateTransactions: this.privateTransactions,
    };
  }
}

/** Root of the transactions of a block. */
export function transactionsRootOf(transactions: readonly Transaction[]): Uint8Array {
  return listRoot(transactions.map(encodeTransaction));
}
