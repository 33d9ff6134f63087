import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { concatBytes } from '@isoquorum/primitives/hex';
import { type Header, headerHashWithExtra } from '@isoquorum/primitives/header';
import { headerError } from '../header-error.ts';

/** Bytes of free text before the signers. */
export const cliqueVanityLength = 32;
/** Bytes of the signature behind them: R, S, recovery id. */
export const cliqueSealLength = 65;
const addressLength = 20;

/** Extra data of a Clique header: vanity(32) ‖ signers at a checkpoint ‖ signature(65). */
export interface CliqueExtra {
  readonly vanity: Uint8Array;
  /** The signers of a checkpoint block; empty elsewhere. */
  readonly signers: readonly Address[];
  readonly seal: Uint8Array;
}

/** @throws VANITY_MISSING, SEAL_MISSING, SIGNERS_INVALID */
export function decodeCliqueExtra(header: Header): CliqueExtra {
  const { extraData, number } = header;
  if (extraData.length < cliqueVanityLength) throw headerError('VANITY_MISSING', { number, length: extraData.length });
  const listLength = extraData.length - cliqueVanityLength - cliqueSealLength;
  if (listLength < 0) throw headerError('SEAL_MISSING', { number, length: extraData.length });
  if (listLength % addressLength !== 0) throw headerError('SIGNERS_INVALID', { number, length: listLength });
  const signers: Address[] = [];
  for (let at = cliqueVanityLength; at < cliqueVanityLength + listLength; at += addressLength)
    signers.push(extraData.subarray(at, at + addressLength));
  return {
    vanity: extraData.subarray(0, cliqueVanityLength),
    signers,
    seal: extraData.subarray(extraData.length - cliqueSealLength),
  };
}

/** Vanity that is shorter is padded on the right, longer is cut. */
export function encodeCliqueExtra(extra: CliqueExtra): Uint8Array {
  const vanity = new Uint8Array(cliqueVanityLength);
  vanity.set(extra.vanity.subarray(0, cliqueVanityLength));
  return concatBytes(vanity, ...extra.signers, extra.seal);
}

/** What the signer of a header signs: keccak of the header without the last 65 bytes of its extra data. @throws SEAL_MISSING */
export function cliqueSealDigest(header: Header): Hash32 {
  const { extraData, number } = header;
  if (extraData.length < cliqueSealLength) throw headerError('SEAL_MISSING', { number, length: extraData.length });
  return headerHashWithExtra(header, extraData.subarray(0, extraData.length - cliqueSealLength));
}
