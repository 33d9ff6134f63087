import type { Store } from '@isoquorum/platform/store';
import { emptyCodeHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { isPrivateTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import type { CheckedBlock } from '../chain/header-verifier.ts';
import type { PublicState } from '../chain/public-state.ts';
import type { ContractBook } from './contract-book.ts';
import type { TransactionBook } from './transaction-book.ts';

/** Transactions of one block that are looked at. */
const lookedAt = 64;

export interface PublicContractsOptions {
  readonly publicState: PublicState;
  readonly store: Store;
  readonly transactions: TransactionBook;
  readonly contracts: ContractBook;
}

/**
 * Writes down the public contracts that a checked block created, by the code that a witness of that block shows.
 * Answers whether there were any.
 */
export async function notePublicContracts(options: PublicContractsOptions, block: CheckedBlock): Promise<boolean> {
  const { publicState, store, transactions, contracts } = options;
  const anchor = { blockHash: block.hash, stateRoot: block.header.stateRoot };
  let found = false;
  for (const transaction of block.transactions.slice(0, lookedAt)) {
    if (transaction.to !== undefined || isPrivateTransaction(transaction)) continue;
    const view = transactions.find(bytesToHex(transactionHash(transaction)));
    if (view?.contractAddress === undefined) continue;
    const account = await publicState.account(anchor, hexToBytes(view.contractAddress));
    if (account === undefined || bytesEqual(account.codeHash, emptyCodeHash)) continue;
    await store.batch(
      contracts.put({
        address: view.contractAddress,
        private: false,
        blockNumber: block.header.number,
        creator: view.from,
        transactionHash: view.hash,
        codeHash: bytesToHex(account.codeHash),
        parties: [],
      }),
    );
    found = true;
  }
  return found;
}
