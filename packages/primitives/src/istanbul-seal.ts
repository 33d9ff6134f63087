import { emptyBytes, type Hash32 } from './bytes.ts';
import { IsoquorumError } from './errors.ts';
import { concatBytes } from './hex.ts';
import { type Header, headerHashWithExtra } from './header.ts';
import {
  decodeIbftExtra,
  decodeQbftExtra,
  encodeIbftExtra,
  encodeQbftExtra,
  istanbulSealLength,
} from './istanbul-extra.ts';
import { keccak256 } from './keccak.ts';

/**
 * QBFT: the digest that a validator signs (raw ECDSA) to commit to the header in `round`: the header with that round and
 * without seals. For round 0 it is the block hash. @throws ISTANBUL_EXTRA_INVALID
 */
export function qbftCommitDigest(header: Header, round: number): Hash32 {
  const extra = decodeQbftExtra(header.extraData);
  return headerHashWithExtra(header, encodeQbftExtra({ ...extra, round, committedSeals: [] }));
}

/** IBFT: hash of the header without proposer seal and committed seals. @throws ISTANBUL_EXTRA_INVALID */
export function ibftSigHash(header: Header): Hash32 {
  const extra = decodeIbftExtra(header.extraData);
  return headerHashWithExtra(header, encodeIbftExtra({ ...extra, seal: emptyBytes, committedSeals: [] }));
}

/** IBFT: the digest that the proposer signs, keccak of {@link ibftSigHash} (hashed twice). @throws ISTANBUL_EXTRA_INVALID */
export function ibftProposerDigest(header: Header): Hash32 {
  return keccak256(ibftSigHash(header));
}

/** IBFT: the digest of a committed seal, keccak(blockHash ‖ 0x02). */
export function ibftCommitDigest(blockHash: Hash32): Hash32 {
  return keccak256(concatBytes(blockHash, Uint8Array.of(2)));
}

function checkSeals(seals: readonly Uint8Array[]): void {
  if (seals.length === 0 || seals.some((seal) => seal.length !== istanbulSealLength))
    throw new IsoquorumError('ISTANBUL_SEAL_INVALID', 'invalid committed seals', { field: 'committedSeals' });
}

/** The header with round and committed seals written into its extra. @throws ISTANBUL_EXTRA_INVALID, ISTANBUL_SEAL_INVALID */
export function withQbftSeals(header: Header, round: number, committedSeals: readonly Uint8Array[]): Header {
  checkSeals(committedSeals);
  const extra = decodeQbftExtra(header.extraData);
  return { ...header, extraData: encodeQbftExtra({ ...extra, round, committedSeals }) };
}

/** The header with the proposer's seal in its extra. @throws ISTANBUL_EXTRA_INVALID, ISTANBUL_SEAL_INVALID */
export function withIbftProposerSeal(header: Header, seal: Uint8Array): Header {
  if (seal.length !== istanbulSealLength)
    throw new IsoquorumError('ISTANBUL_SEAL_INVALID', 'invalid signature', { field: 'seal' });
  const extra = decodeIbftExtra(header.extraData);
  return { ...header, extraData: encodeIbftExtra({ ...extra, seal }) };
}

/** The header with committed seals in its extra. @throws ISTANBUL_EXTRA_INVALID, ISTANBUL_SEAL_INVALID */
export function withIbftSeals(header: Header, committedSeals: readonly Uint8Array[]): Header {
  checkSeals(committedSeals);
  const extra = decodeIbftExtra(header.extraData);
  return { ...header, extraData: encodeIbftExtra({ ...extra, committedSeals }) };
}
