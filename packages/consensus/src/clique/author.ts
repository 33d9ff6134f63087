import type { Address } from '@isoquorum/primitives/bytes';
import type { Header } from '@isoquorum/primitives/header';
import type { HeaderVote } from '../header.ts';
import { headerError } from '../header-error.ts';
import type { RecoverAddress } from '../recover.ts';
import { cliqueSealDigest, cliqueSealLength } from './extra.ts';

/** Who signed the header; undefined when nobody can be recovered. @throws SEAL_MISSING */
export function cliqueAuthor(header: Header, recover: RecoverAddress): Address | undefined {
  return recover(cliqueSealDigest(header), header.extraData.subarray(header.extraData.length - cliqueSealLength));
}

/**
 * The vote in a header: the coinbase is the candidate, the nonce says in (all ones) or out (all zeros). A header without
 * a vote is one to drop the zero address, which counts for nothing. @throws VOTE_TYPE_INVALID
 */
export function cliqueVote(header: Header): HeaderVote {
  const authorize = header.nonce.every((byte) => byte === 0xff);
  if (!authorize && !header.nonce.every((byte) => byte === 0))
    throw headerError('VOTE_TYPE_INVALID', { number: header.number });
  return { candidate: header.coinbase, authorize };
}
