import { decodeInnerTransaction } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { InsideMarker } from '../pool/create-pool.ts';
import type { PayloadResolver } from './payload-resolver.ts';

/** Looks into markers for the pool: nothing is inside for a stranger, nor while the manager cannot be asked. */
export function createInsideMarker(resolver: PayloadResolver): InsideMarker {
  return async (marker) => {
    const digest = payloadHashOf(marker);
    const { resolutions } = await resolver.resolve([digest]);
    const resolution = resolutions.get(bytesToBareHex(digest));
    if (resolution?.type !== 'payload') return undefined;
    try {
      return decodeInnerTransaction(resolution.payload);
    } catch (error) {
      if (isIsoquorumError(error, 'INNER_TRANSACTION_INVALID')) return undefined;
      throw error;
    }
  };
}
