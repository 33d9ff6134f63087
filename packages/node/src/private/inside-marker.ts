import { decodeInnerTransaction } from '@isoquorum/execution/transition/marker';
import { payloadHashOf } from '@isoquorum/execution/transition/payload-hash';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { InsideMarker } from '../pool/create-pool.ts';
import type { PayloadResolver } from './payload-resolver.ts';

/**
 * Looks into markers for the pool: nothing is inside for a stranger, nor while the manager cannot be asked, nor for markers of peers while it has
 * more questions than it answers. Those are taken as a stranger takes them; when their block comes the manager is asked.
 */
export function createInsideMarker(resolver: PayloadResolver): InsideMarker {
  return async (marker, origin) => {
    const digest = payloadHashOf(marker);
    const asked = origin === 'local' ? resolver.resolve([digest]) : resolver.resolveAhead([digest]);
    const { resolutions } = await asked;
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
