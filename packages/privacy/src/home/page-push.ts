import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { decodeLegacyPayload, encodeLegacyPayload } from '../codec/legacy.ts';
import { payloadHash } from '../codec/payload-hash.ts';
import type { SealedPayload } from '../codec/payload.ts';
import type { TransactionManager } from '../manager/transaction-manager.ts';
import { managerError } from '../manager/manager-error.ts';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { HomeTransport } from './home-client.ts';
import { decodeHomeRequest, encodeHomeAnswer, encodeHomeError, encodeHomeRequest, openHomeAnswer } from './messages.ts';

/**
 * Gives a payload, stripped for its recipient, directly to the peer that holds the recipient's key (another page, or a manager's node). Resolves when it
 * is durable there. @throws HOME_REFUSED, HOME_ANSWER_INVALID, PAYLOAD_MISMATCH (another hash came back), and what the transport throws
 */
export async function pushToPeer(transport: HomeTransport, payload: SealedPayload): Promise<EncryptedPayloadHash> {
  const request = encodeHomeRequest({ method: 'push', payload: encodeLegacyPayload(payload) });
  const hash = openHomeAnswer(await transport(request, { timeoutMs: 20_000 }))
    .readFixed(64, 'hash')
    .slice();
  if (!bytesEqual(hash, payloadHash(payload)))
    throw managerError('PAYLOAD_MISMATCH', 'the peer stored another payload');
  return hash;
}

/** What a page answers to another peer on the payload protocol: it takes pushed payloads and is no home. Never throws. */
export async function answerPagePush(manager: TransactionManager, request: Uint8Array): Promise<Uint8Array> {
  try {
    const message = decodeHomeRequest(request);
    if (message.method !== 'push') {
      throw new IsoquorumError('HOME_METHOD_UNKNOWN', 'a page takes pushed payloads only', { method: message.method });
    }
    return encodeHomeAnswer(await manager.storePushed(decodeLegacyPayload(message.payload.slice())));
  } catch (error) {
    if (error instanceof IsoquorumError) return encodeHomeError(error);
    return encodeHomeError(new IsoquorumError('HOME_FAILED', 'internal error', {}, 'RETRY', { cause: error }));
  }
}
