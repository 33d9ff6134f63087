import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import type { StoreOperation } from '@isoquorum/platform/store';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { revertReason } from '../chain/calls.ts';
import type { PublicState } from '../chain/public-state.ts';
import type { TransactionView } from '../participant-view.ts';
import type { ContractBook } from '../records/contract-book.ts';
import type { TransactionBook } from '../records/transaction-book.ts';
import type { ExecutedBlock, ExecutedTransaction } from './private-head.ts';

export interface PrivateRecordsOptions {
  readonly manager: TransactionManager;
  readonly publicState: PublicState;
  readonly transactions: TransactionBook;
  readonly contracts: ContractBook;
}

/** Writes down what the private transactions of an executed block did; goes into that block's batch. */
export function createPrivateRecords(
  options: PrivateRecordsOptions,
): (executed: ExecutedBlock) => Promise<readonly StoreOperation[]> {
  const { manager, publicState, transactions, contracts } = options;

  /** Enclave keys that the payload names to us: the sender's, and those it was stripped to. */
  async function partiesOf(digest: EncryptedPayloadHash): Promise<string[]> {
    const sealed = await manager.sealed(digest);
    return [...new Set([sealed.senderKey, ...sealed.recipientKeys].map(bytesToBase64))];
  }

  function outcomeOf(
    { receipt, resolution }: ExecutedTransaction,
    parties: readonly string[],
  ): Partial<TransactionView> {
    if (resolution.type === 'notParty') return { readability: 'stranger', status: undefined };
    const reason = receipt.revertReason === undefined ? undefined : revertReason(receipt.revertReason);
    return {
      readability: 'party',
      data: bytesToHex(resolution.payload),
      parties,
      status: receipt.status === 0 ? 'failed' : 'success',
      revertReason: reason,
      logs: receipt.logs.map((log) => ({
        address: bytesToHex(log.address),
        topics: log.topics.map((topic) => bytesToHex(topic)),
        data: bytesToHex(log.data),
      })),
    };
  }

  return async (executed) => {
    const operations: StoreOperation[] = [];
    const { header, transactions: all } = executed.block;
    for (const transaction of executed.transactions) {
      const isParty = transaction.resolution.type === 'payload';
      const parties = isParty ? await partiesOf(transaction.digest) : [];
      const hash = bytesToHex(transaction.hash);
      operations.push(...transactions.amend(hash, outcomeOf(transaction, parties)));
      const envelope = all.find((candidate) => bytesEqual(transactionHash(candidate), transaction.hash));
      const { contractAddress } = transaction.receipt;
      if (!isParty || envelope?.to !== undefined || contractAddress === undefined || transaction.receipt.status === 0)
        continue;
      const account = await publicState.read(
        { blockHash: executed.block.parentHash, stateRoot: executed.block.parentRoot },
        () => createTrieReader(publicState.database, executed.privateRoot).account(contractAddress),
      );
      if (account === undefined || bytesEqual(account.codeHash, emptyCodeHash)) continue;
      operations.push(
        ...contracts.put({
          address: bytesToHex(contractAddress),
          private: true,
          blockNumber: header.number,
          creator: transactions.find(hash)?.from ?? '0x',
          transactionHash: hash,
          codeHash: bytesToHex(account.codeHash),
          parties,
        }),
      );
    }
    return operations;
  };
}
