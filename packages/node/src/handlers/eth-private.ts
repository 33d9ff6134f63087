import { addressToChecksum } from '@isoquorum/primitives/address';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { bareHexToBytes, bytesToBareHex, bytesToHex } from '@isoquorum/primitives/hex';
import { isPrivateTransaction } from '@isoquorum/primitives/transaction/transaction';
import { readExtraData } from '@isoquorum/execution/state/extra-data-state';
import type { Q2tPayload } from '@isoquorum/rpc/rest/q2t';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { EthPrivateMethods } from '@isoquorum/rpc/jsonrpc/methods/eth-private';
import type { PayloadExtraJson } from '@isoquorum/rpc/jsonrpc/shapes/account';
import { LATEST } from '@isoquorum/rpc/jsonrpc/parameters/block-selector';
import type { PayloadExtra } from '../private/submit.ts';
import { isOfParty, namedPsiOf, psiOf, type HandlerContext } from './context.ts';
import { createMarkerReader } from './markers.ts';
import { checkPrivateArguments, isPrivate, privateArgumentsOf, privateEnvelopeExpected } from './private-arguments.ts';
import { openStates } from './states.ts';
import { decodeRawTransaction, PRIVACY_PRECOMPILE } from './transactions.ts';

const DIGEST_BYTES = 64;
/** The privacy flag whose metadata names who has to be a party. */
const MANDATORY_RECIPIENTS = 2;
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

/** Base64 keys of this node's parties that hold a payload. */
function partiesOf(payload: Q2tPayload): readonly string[] {
  return payload.managedParties.map((key) => bytesToBase64(key));
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
  const markers = createMarkerReader(context);
  return {
    eth_sendRawPrivateTransaction: (request, encoded, args) => {
      const transaction = decodeRawTransaction(encoded);
      checkPrivateArguments(context, args, transaction.to, transaction.data, request);
      if (!isPrivate(args)) throw new RpcError(SERVER_ERROR, 'transaction is not private');
      if (!isPrivateTransaction(transaction)) throw privateEnvelopeExpected(transaction.v);
      return submitter.sendRawPrivateTransaction(transaction, privateArgumentsOf(args, namedPsiOf(context, request)));
    },
    eth_getQuorumPayload: async (request, text) => {
      psiOf(context, request);
      const found = await submitter.payload(readDigest(text));
      return found !== undefined && isOfParty(context, request, partiesOf(found)) ? found.payload : NO_BYTES;
    },
    eth_getQuorumPayloadExtra: async (request, text) => {
      psiOf(context, request);
      const extra = await submitter.payloadExtra(readDigest(text));
      // The original answers null where there are several private states, and an empty object where there is one.
      if (
        context.groups !== undefined &&
        (extra === undefined || !isOfParty(context, request, partiesOf(extra.payload)))
      )
        return undefined;
      if (extra === undefined) return extraJson(undefined);
      const { senderKey } = extra.payload;
      const sender = senderKey === undefined ? [] : [bytesToBase64(senderKey)];
      return extraJson({ ...extra, isSender: extra.isSender && isOfParty(context, request, sender) });
    },
    eth_distributePrivateTransaction: async (request, encoded, args) => {
      const transaction = decodeRawTransaction(encoded);
      checkPrivateArguments(context, args, transaction.to, transaction.data, request);
      if (!isPrivate(args)) throw new RpcError(SERVER_ERROR, 'transaction is not private');
      return bytesToHex(
        await submitter.distributePrivateTransaction(
          transaction,
          privateArgumentsOf(args, namedPsiOf(context, request)),
        ),
      );
    },
    // With one private state the original answers whatever name was given.
    eth_getPSI: (request) =>
      context.chain.config.isMps ? psiOf(context, request) : (request.psi ?? context.defaultPsi),
    eth_getPrivacyPrecompileAddress: () => PRIVACY_PRECOMPILE,
    eth_getPrivateTransactionByHash: async (request, hash) => {
      psiOf(context, request);
      return (await markers.inside(hash, request))?.json;
    },
    eth_getPrivateTransactionReceipt: (request, hash) => markers.receipt(hash, request),
    eth_getContractPrivacyMetadata: async (request, address) => {
      const states = openStates(context, LATEST, request);
      const found = states.find(address);
      if (found === undefined || !found.isPrivate)
        throw new RpcError(SERVER_ERROR, `${bytesToBareHex(address)}: the provided address is not a private contract`);
      const root = chain.privateExtraRoot(states.hash, psiOf(context, request));
      const metadata = readExtraData(context.database, root, address)?.metadata;
      if (metadata === undefined)
        throw new RpcError(SERVER_ERROR, `${addressToChecksum(address)}: no account extra data found`);
      const { creationHash, privacyFlag } = metadata;
      const shown = { creationTxHash: bytesToBase64(creationHash), privacyFlag };
      if (privacyFlag !== MANDATORY_RECIPIENTS) return shown;
      const keys = await submitter.mandatoryRecipients(creationHash);
      return { ...shown, mandatoryFor: keys.map((key) => bytesToBase64(key)) };
    },
  };
}
