import { listRoot } from '@isoquorum/execution/trie/list-root';
import type { BlockBody } from '@isoquorum/primitives/block';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { emptyTrieRoot, emptyUncleHash, type Header } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex } from '@isoquorum/primitives/hex';
import { encodeTransaction } from '@isoquorum/primitives/transaction/transaction';
import { participantError } from '../errors.ts';

/** True when the header says that its body is empty, so that none has to be fetched. */
export function hasEmptyBody(header: Header): boolean {
  return bytesEqual(header.transactionsRoot, emptyTrieRoot) && bytesEqual(header.uncleHash, emptyUncleHash);
}

/**
 * Checks that a body is the one that a checked header commits to.
 * @throws BODY_MISMATCH
 */
export function checkBody(header: Header, hash: Hash32, body: BlockBody): void {
  if (body.uncles.length > 0 || !bytesEqual(header.uncleHash, emptyUncleHash))
    throw mismatch(header, hash, 'it has uncles');
  const root = listRoot(body.transactions.map(encodeTransaction));
  if (!bytesEqual(root, header.transactionsRoot))
    throw mismatch(header, hash, 'its transactions do not have the root that the sealed header names');
}

function mismatch(header: Header, hash: Hash32, reason: string): Error {
  return participantError(
    'BODY_MISMATCH',
    `The body that was offered for block ${header.number} is not the sealed one: ${reason}.`,
    { number: header.number, hash: bytesToHex(hash) },
    'REJECT',
  );
}
