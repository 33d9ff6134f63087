import { addressToChecksum } from '@isoquorum/primitives/address';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { isPrivateTransaction } from '@isoquorum/primitives/transaction/transaction';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthPrivateMethods } from '@isoquorum/rpc/jsonrpc/methods/eth-private';
import type { PayloadExtraJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { LATEST } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { PayloadExtra } from '../private/submit.ts';
import { psiOf, type HandlerContext } from './context.ts';
import { checkPrivateArguments, isPrivate, privateArgumentsOf, privateEnvelopeExpected } from './private-arguments.ts';
import { openStates } from './states.ts';
import { decodeRawTransaction, PRIVACY_PRECOMPILE } from './transactions.ts';

const DIGEST_BYTES = 64;
const NO_BYTES = new Uint8Array();

/** Reads the digest of `eth_getQuorumPayload`, with or without 0x. @throws RpcError with GoQuorum's texts */
function readDigest(text: string): Uint8Array {
  if (text.length < 3) throw new RpcError(SERVER_ERROR, 'Invalid digest hex');
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 === 1) throw new RpcError(SERVER_ERROR, 'encoding/hex: odd length hex string');
  if (!/^[0-9a-fA-F]*$/.test(digits)) throw new RpcError(SERVER_ERROR, 'Invalid digest hex');
  const digest = bareHexToBytes(digits);
  if (digest.length !== DIGEST_BYTES)
    throw new RpcError(SERVER_ERROR, `Expected a Quorum digest of length 64, but got ${digest.length}`);
  return digest;
}

/** A Merkle root as its manager keeps it (base64 text of hexadecimal or of the bytes), zero when there is none. */
function merkleRoot(text: string): string {
  const bytes = text === '' ? NO_BYTES : base64ToBytes(text);
  const root = new Uint8Array(32);
  root.set(bytes.subarray(-32), 32 - Math.min(32, bytes.length));
  return bytesToHex(root);
}

function extraJson(extra: PayloadExtra | undefined): PayloadExtraJson {
  if (extra === undefined) return { Payload: '0x', ExtraMetaData: null, IsSender: false };
  const { payload, isSender } = extra;
  return {
    Payload: bytesToHex(payload.payload),
    ExtraMetaData: {
      ACHashes: payload.affectedContractTransactions.map((hash) => bytesToBase64(hash)),
      ACMerkleRoot: merkleRoot(payload.execHash),
      PrivacyFlag: payload.privacyFlag,
      ManagedParties: payload.managedParties.map((key) => bytesToBase64(key)),
      Sender: payload.senderKey === undefined ? '' : bytesToBase64(payload.senderKey),
      MandatoryRecipients: null,
    },
    IsSender: isSender,
  };
}

export function createEthPrivateHandlers(context: HandlerContext): HandlersOf<EthPrivateMethods> {
  const { chain, submitter } = context;
  return {
    eth_sendRawPrivateTransaction: (request, encoded, args) => {
      const transaction = decodeRawTransaction(encoded);
      checkPrivateArguments(context, args, transaction.to, transaction.data, request);
      if (!isPrivate(args)) throw new RpcError(SERVER_ERROR, 'transaction is not private');
      if (!isPrivateTransaction(transaction)) throw privateEnvelopeExpected(transaction.v);
      return submitter.sendRawPrivateTransaction(transaction, privateArgumentsOf(args));
    },
    eth_getQuorumPayload: async (_request, text) => (await submitter.payload(readDigest(text))) ?? NO_BYTES,
    eth_getQuorumPayloadExtra: async (_request, text) => extraJson(await submitter.payloadExtra(readDigest(text))),
    eth_distributePrivateTransaction: async (request, encoded, args) => {
      const transaction = decodeRawTransaction(encoded);
      checkPrivateArguments(context, args, transaction.to, transaction.data, request);
      if (!isPrivate(args)) throw new RpcError(SERVER_ERROR, 'transaction is not private');
      return bytesToHex(await submitter.distributePrivateTransaction(transaction, privateArgumentsOf(args)));
    },
    eth_getPSI: (request) => psiOf(context, request),
    eth_getPrivacyPrecompileAddress: () => PRIVACY_PRECOMPILE,
    // No transaction is a marker yet: nothing is inside.
    eth_getPrivateTransactionByHash: () => undefined,
    eth_getPrivateTransactionReceipt: (_request, hash) => {
      const known = chain.transaction(hash) !== undefined;
      throw new RpcError(
        SERVER_ERROR,
        known ? 'private transaction not found for this participant' : 'privacy marker transaction not found',
      );
    },
    eth_getContractPrivacyMetadata: (request, address) => {
      const found = openStates(context, LATEST, request).find(address);
      if (found === undefined || !found.isPrivate)
        throw new RpcError(SERVER_ERROR, `${bytesToBareHex(address)}: the provided address is not a private contract`);
      throw new RpcError(SERVER_ERROR, `${addressToChecksum(address)}: no account extra data found`);
    },
  };
}
