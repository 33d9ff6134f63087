import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { address, bytes, hash } from '../parameters/hex.ts';
import { text } from '../parameters/scalars.ts';
import { privateTransactionArguments, type PrivateTransactionArguments } from '../parameters/transaction-args.ts';
import { addressResult, bytesResult, hashResult, json, nullable, textResult } from '../results.ts';
import type { ContractPrivacyMetadataJson, PayloadExtraJson } from '../shapes/account.ts';
import type { ReceiptJson } from '../shapes/receipt.ts';
import type { TransactionJson } from '../shapes/transaction.ts';

/** What Quorum adds to `eth`: private transactions and payloads. */
export interface EthPrivateMethods {
  readonly eth_sendRawPrivateTransaction: Method<
    [transaction: Uint8Array, private_: PrivateTransactionArguments],
    Hash32
  >;
  readonly eth_getQuorumPayload: Method<[digest: string], Uint8Array>;
  readonly eth_getQuorumPayloadExtra: Method<[digest: string], PayloadExtraJson | undefined>;
  readonly eth_distributePrivateTransaction: Method<
    [transaction: Uint8Array, private_: PrivateTransactionArguments],
    string
  >;
  readonly eth_getPSI: Method<[], string>;
  readonly eth_getPrivacyPrecompileAddress: Method<[], Address>;
  readonly eth_getPrivateTransactionByHash: Method<[hash: Hash32], TransactionJson | undefined>;
  readonly eth_getPrivateTransactionReceipt: Method<[hash: Hash32], ReceiptJson | undefined>;
  readonly eth_getContractPrivacyMetadata: Method<[address: Address], ContractPrivacyMetadataJson>;
}

const byHash = parameter('hash', hash);

export const ethPrivateMethods: EthPrivateMethods = {
  eth_sendRawPrivateTransaction: {
    doc: 'Distributes a payload stored before (`/storeraw`) under the hash in `data`, and sends the signed envelope, whose v is 37 or 38.',
    params: [parameter('transaction', bytes), parameter('private', privateTransactionArguments)],
    result: hashResult,
  },
  eth_getQuorumPayload: {
    doc: 'Plaintext of a private payload; none when this node is no party.',
    params: [parameter('digest', text)],
    result: bytesResult,
  },
  eth_getQuorumPayloadExtra: {
    doc: 'The same with its sender, the parties of this node that hold it, its privacy flag and the contracts that it concerns.',
    params: [parameter('digest', text)],
    result: nullable(json<PayloadExtraJson>('`{Payload, ExtraMetaData, IsSender}`')),
  },
  eth_distributePrivateTransaction: {
    doc: 'Distributes a payload stored before and the signed private transaction that names it, to be sent inside a privacy marker; gives the digest for the marker.',
    params: [parameter('transaction', bytes), parameter('private', privateTransactionArguments)],
    result: textResult,
  },
  eth_getPSI: { doc: 'Private state that answers this caller.', params: [], result: textResult },
  eth_getPrivacyPrecompileAddress: {
    doc: 'Where privacy marker transactions are sent.',
    params: [],
    result: addressResult,
  },
  eth_getPrivateTransactionByHash: {
    doc: 'Transaction inside a privacy marker, at a party.',
    params: [byHash],
    result: nullable(json<TransactionJson>('transaction')),
  },
  eth_getPrivateTransactionReceipt: {
    doc: 'Receipt of the transaction inside a privacy marker, at a party.',
    params: [byHash],
    result: nullable(json<ReceiptJson>('receipt')),
  },
  eth_getContractPrivacyMetadata: {
    doc: 'Privacy flag and creation of a private contract with privacy enhancements.',
    params: [parameter('address', address)],
    result: json('metadata'),
  },
};
