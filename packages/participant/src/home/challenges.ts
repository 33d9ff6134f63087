import type { Logger } from '@isoquorum/platform/logger';
import type { EnclaveKey, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { decodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { isUuid } from '@isoquorum/privacy/home/challenges';
import type { HomeClient } from '@isoquorum/privacy/home/home-client';
import type { HomeChallenge } from '@isoquorum/privacy/home/messages';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import { isIsoquorumError } from '@isoquorum/primitives/errors';

export interface ChallengeContext {
  readonly client: HomeClient;
  readonly enclave: Enclave;
  readonly manager: TransactionManager;
  readonly enclaveKey: EnclaveKey;
  readonly logger: Logger;
  readonly isOnChain: (hash: EncryptedPayloadHash) => Promise<boolean>;
}

/**
 * Answers Tessera's proof-of-possession challenges: the plaintext goes back only if it is exactly one UUID and the payload is none of a
 * transaction, so that a home cannot have payloads opened by calling them challenges.
 */
export async function answerChallenges(context: ChallengeContext, challenges: readonly HomeChallenge[]): Promise<void> {
  const { client, enclave, manager, enclaveKey, logger } = context;
  for (const { id, payload } of challenges) {
    try {
      const sealed = decodeLegacyPayload(payload);
      const hash = payloadHash(sealed);
      const isStored = await manager.sealed(hash).then(
        () => true,
        (error: unknown) => {
          if (isIsoquorumError(error, 'PAYLOAD_NOT_FOUND')) return false;
          throw error;
        },
      );
      const plaintext = await enclave.open(sealed, enclaveKey);
      if (isStored || !isUuid(plaintext) || (await context.isOnChain(hash))) {
        logger.log('warn', 'a challenge that is none was refused');
        await client.answerChallenge(enclaveKey, id, new Uint8Array(0));
      } else await client.answerChallenge(enclaveKey, id, plaintext);
    } catch (error) {
      logger.log('warn', 'a challenge could not be answered', { error: String(error) });
    }
  }
}
