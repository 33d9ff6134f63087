import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { readExecutionHash } from '@isoquorum/execution/transition/execution-hash';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { TransactionManager } from '@isoquorum/privacy/manager/transaction-manager';
import type { HomeLink } from '../home/home-link.ts';
import type { Resolution } from './private-head.ts';

export interface PayloadResolverOptions {
  readonly manager: TransactionManager;
  readonly home: HomeLink;
  readonly checkedNumber: () => number;
}

/**
 * Says of a payload whether it is here, is not for this page, or cannot be told now. A payload is kept by its recipients' homes before its
 * envelope goes out, so a page is no party when its home, asked after the block was seen, has nothing for it.
 */
export function createPayloadResolver(
  options: PayloadResolverOptions,
): (digest: EncryptedPayloadHash, blockNumber: number) => Promise<Resolution> {
  const { manager, home } = options;
  /** Every block up to this one was seen before the home was last asked. */
  let askedUpTo = -1;

  async function find(digest: EncryptedPayloadHash): Promise<Resolution | undefined> {
    try {
      const received = await manager.receive(digest);
      const managedParties = received.managedParties.map(bytesToBase64);
      const metadata = {
        privacyFlag: received.privacyFlag,
        affectedContracts: received.affected,
        executionHash: readExecutionHash(bytesToUtf8(received.execHash)),
        managedParties,
      };
      return { type: 'payload', payload: received.payload, metadata };
    } catch (error) {
      if (isIsoquorumError(error, 'PAYLOAD_NOT_FOUND')) return undefined;
      if (isIsoquorumError(error, 'NO_RECIPIENT_KEY')) return { type: 'notParty' };
      throw error;
    }
  }

  return async (digest, blockNumber) => {
    const here = await find(digest);
    if (here !== undefined) return here;
    if (askedUpTo < blockNumber) {
      const seen = options.checkedNumber();
      try {
        await home.drain();
        askedUpTo = seen;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return {
          type: 'unknown',
          reason: `whether a payload waits for this page cannot be said, as its home does not answer (${reason})`,
        };
      }
    }
    return (await find(digest)) ?? { type: 'notParty' };
  };
}
