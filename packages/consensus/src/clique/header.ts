import type { Address } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { emptyUncleHash, type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual, bytesToHex, isZeroBytes } from '@isoquorum/primitives/hex';
import { verifyGasBounds } from '../gas-bounds.ts';
import { headerError } from '../header-error.ts';
import type { Profile } from '../profile.ts';
import type { RecoverAddress } from '../recover.ts';
import { addressesEqual, includesAddress } from '../validator-set.ts';
import { cliqueAuthor, cliqueVote } from './author.ts';
import { decodeCliqueExtra } from './extra.ts';
import { cliqueSettings } from './settings.ts';
import { type CliqueSnapshot, isInTurn, maySignFrom } from './snapshot.ts';

/** Difficulty of a block whose signer is in turn, and of another. */
export const difficultyInTurn = 2n;
export const difficultyOutOfTurn = 1n;

/** What a Clique header is checked against, besides its parent and the signers. */
export interface CliqueHeaderRules {
  readonly profile: Profile;
  readonly config: ChainConfig;
  readonly recover: RecoverAddress;
  /** Seconds; headers later than this plus what the genesis allows are refused. Undefined: not checked. */
  readonly nowSeconds: bigint | undefined;
  /** `unchecked`: a header that is going to be sealed. */
  readonly seals: 'checked' | 'unchecked';
}

function verifyAlone(header: Header, rules: CliqueHeaderRules): void {
  const { number, timestamp } = header;
  const { epochLength, allowedFutureSeconds } = cliqueSettings(rules.config);
  const { nowSeconds } = rules;
  if (nowSeconds !== undefined && timestamp > nowSeconds + allowedFutureSeconds)
    throw headerError('BLOCK_IN_FUTURE', { number, timestamp, now: nowSeconds });
  const isCheckpoint = number % epochLength === 0;
  if (isCheckpoint && !isZeroBytes(header.coinbase)) throw headerError('CHECKPOINT_BENEFICIARY', { number });
  const { authorize } = cliqueVote(header);
  if (isCheckpoint && authorize) throw headerError('CHECKPOINT_VOTE', { number });
  verifyExtra(header, isCheckpoint);
  if (!isZeroBytes(header.mixHash)) throw headerError('MIX_DIGEST_NOT_ZERO', { number });
  if (!bytesEqual(header.uncleHash, emptyUncleHash)) throw headerError('UNCLES_NOT_EMPTY', { number });
  if (number > 0 && header.difficulty !== difficultyInTurn && header.difficulty !== difficultyOutOfTurn)
    throw headerError('DIFFICULTY_INVALID', { number, difficulty: header.difficulty });
}

/** Between checkpoints nothing may stand between vanity and signature, whatever its length. */
function verifyExtra(header: Header, isCheckpoint: boolean): void {
  const { number, extraData } = header;
  const surplus = extraData.length - 97;
  if (!isCheckpoint && surplus > 0) throw headerError('SIGNERS_UNEXPECTED', { number, length: surplus });
  decodeCliqueExtra(header);
}

function verifySeal(header: Header, snapshot: CliqueSnapshot, recover: RecoverAddress): Address {
  const { number } = header;
  const signer = cliqueAuthor(header, recover);
  if (signer === undefined) throw headerError('SEAL_UNRECOVERABLE', { number });
  if (!includesAddress(snapshot.signers, signer))
    throw headerError('SIGNER_UNAUTHORIZED', { number, signer: bytesToHex(signer) });
  if (maySignFrom(snapshot, signer) > number)
    throw headerError('SIGNED_RECENTLY', { number, signer: bytesToHex(signer) });
  const wanted = isInTurn(snapshot, number, signer) ? difficultyInTurn : difficultyOutOfTurn;
  if (header.difficulty !== wanted) throw headerError('DIFFICULTY_WRONG', { number, difficulty: header.difficulty });
  return signer;
}

/**
 * Verifies a Clique header in the order and with the texts of geth 1.10.3. For the genesis block pass no parent.
 * @param snapshot that of the parent
 * @throws HeaderErrorCode
 */
export function verifyCliqueHeader(
  header: Header,
  parent: Header | undefined,
  snapshot: CliqueSnapshot | undefined,
  rules: CliqueHeaderRules,
): void {
  const { number } = header;
  verifyAlone(header, rules);
  if (number === 0) return;
  if (parent === undefined || snapshot === undefined || parent.number !== number - 1)
    throw headerError('UNKNOWN_PARENT', { number });
  if (!bytesEqual(headerHash(parent), header.parentHash) || !bytesEqual(snapshot.hash, header.parentHash))
    throw headerError('UNKNOWN_PARENT', { number });
  const { periodSeconds, epochLength } = cliqueSettings(rules.config);
  if (header.timestamp < parent.timestamp + BigInt(periodSeconds))
    throw headerError('TIMESTAMP_INVALID', { number, timestamp: header.timestamp, parent: parent.timestamp });
  if (number % epochLength === 0 && !addressesEqual(decodeCliqueExtra(header).signers, snapshot.signers))
    throw headerError('SIGNERS_MISMATCH', { number });
  if (rules.seals === 'checked') verifySeal(header, snapshot, rules.recover);
  if (rules.profile === 'strict') verifyGasBounds(header, parent, rules.config);
}
