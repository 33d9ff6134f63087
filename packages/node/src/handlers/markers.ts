import { decodeInnerTransaction, isMarkerTransaction } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { transactionSender, type Transaction } from '@isoquorum/primitives/transaction/transaction';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { RpcRequestContext } from '@isoquorum/rpc/jsonrpc/session';
import { receiptToJson, type ReceiptJson } from '@isoquorum/rpc/jsonrpc/shapes/receipt';
import { transactionToJson, type TransactionJson } from '@isoquorum/rpc/jsonrpc/shapes/transaction';
import type { TransactionLocation } from '../chain/chain.ts';
import { chainIdOf, isOfParty, psiOf, type HandlerContext } from './context.ts';
import { countLogs, logViewOf } from './logs.ts';

/** The private transaction inside a privacy marker. */
export interface InsideMarker {
  readonly transaction: Transaction;
  readonly marker: TransactionLocation;
  /** The inner transaction at the marker's place. */
  readonly json: TransactionJson;
}

/** Looks into privacy markers (goquorum.md 6). */
export interface MarkerReader {
  /** Undefined when the marker is not on the chain, or its payload is not this caller's. */
  inside(hash: Hash32, request: RpcRequestContext): Promise<InsideMarker | undefined>;
  /** @throws RpcError with GoQuorum's texts */
  receipt(hash: Hash32, request: RpcRequestContext): Promise<ReceiptJson>;
}

export function createMarkerReader(context: HandlerContext): MarkerReader {
  const { chain, submitter } = context;

  async function inside(hash: Hash32, request: RpcRequestContext): Promise<InsideMarker | undefined> {
    const marker = chain.transaction(hash);
    if (marker === undefined || !isMarkerTransaction(marker.transaction)) return undefined;
    const found = await submitter.payload(payloadHashOf(marker.transaction));
    if (found === undefined) return undefined;
    const parties = found.managedParties.map((key) => bytesToBase64(key));
    if (!isOfParty(context, request, parties)) return undefined;
    try {
      const transaction = decodeInnerTransaction(found.payload);
      return { transaction, marker, json: transactionToJson(transaction, chainIdOf(context), marker) };
    } catch (error) {
      // A payload that is no transaction: the marker has nothing inside.
      if (isIsoquorumError(error, 'INNER_TRANSACTION_INVALID')) return undefined;
      throw error;
    }
  }

  return {
    inside,
    async receipt(hash, request) {
      if (chain.transaction(hash) === undefined)
        throw new RpcError(SERVER_ERROR, 'privacy marker transaction not found');
      const found = await inside(hash, request);
      if (found === undefined) throw new RpcError(SERVER_ERROR, 'private transaction not found for this participant');
      const { transaction, marker } = found;
      const psi = psiOf(context, request);
      const receipts = chain.mergedReceipts(marker.blockHash, psi);
      if (receipts === undefined) chain.privateStateRoot(marker.blockHash, psi);
      const receipt = chain.innerReceipts(marker.blockHash, psi)?.get(marker.index);
      if (receipt === undefined) throw new RpcError(SERVER_ERROR, 'could not find receipt for private transaction');
      const located = chain.blockByHash(marker.blockHash);
      const logs = located === undefined ? [] : countLogs(located, receipts ?? [], logViewOf(context, psi));
      const firstLogIndex =
        [...logs].find((log) => log.isPrivate && log.transactionIndex === marker.index)?.logIndex ?? 0;
      return receiptToJson(receipt, {
        blockHash: marker.blockHash,
        blockNumber: marker.blockNumber,
        index: marker.index,
        from: transactionSender(transaction, chainIdOf(context)),
        to: transaction.to,
        transactionHash: hash,
        firstLogIndex,
        isPrivacyMarkerTransaction: false,
      });
    },
  };
}
