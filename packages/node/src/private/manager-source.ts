import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';
import type { PayloadSource } from './payload-resolver.ts';

/** A refusal of the manager means "no"; that it cannot be asked is passed on. */
async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isIsoquorumError(error, 'MANAGER_REFUSED')) return undefined;
    throw error;
  }
}

/** What a node asks its transaction manager when it executes blocks. */
export function createManagerSource(manager: Q2tClient): PayloadSource {
  return {
    receive: (digest) => manager.receive(digest),
    async sealedHere(digest) {
      if ((await unlessRefused(manager.isSender(digest))) !== true) return undefined;
      const stored = await manager.receive(digest);
      if (stored?.senderKey === undefined) return undefined;
      const content = await unlessRefused(manager.openSealed(stored.payload));
      return content === undefined ? undefined : { content, senderKey: bytesToBase64(stored.senderKey) };
    },
  };
}
