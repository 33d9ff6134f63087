import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { headerError } from '../header-error.ts';
import type { RecoverAddress } from '../recover.ts';
import { includesAddress, sortValidators } from '../validator-set.ts';
import { applyVote, type SnapshotVote, type Tally, type VoteDraft } from '../vote-tally.ts';
import { cliqueAuthor, cliqueVote } from './author.ts';
import { decodeCliqueExtra } from './extra.ts';
import { cliqueSettings } from './settings.ts';

/** Who may sign after a block, who has signed lately, and which votes are pending. Immutable. */
export interface CliqueSnapshot {
  readonly number: number;
  readonly hash: Hash32;
  /** Sorted by bytes. */
  readonly signers: readonly Address[];
  /** The last signers by block number; one of these must let others go first. */
  readonly recents: ReadonlyMap<number, Address>;
  readonly votes: readonly SnapshotVote[];
  readonly tally: ReadonlyMap<string, Tally>;
}

export interface CliqueRulesInput {
  readonly config: ChainConfig;
  readonly recover: RecoverAddress;
}

/** Of so many blocks in a row a signer may make one. */
export function cliqueLimit(signerCount: number): number {
  return Math.floor(signerCount / 2) + 1;
}

/** The snapshot of the genesis block, whose extra data lists the first signers. @throws VANITY_MISSING, SEAL_MISSING, SIGNERS_INVALID */
export function cliqueGenesisSnapshot(header: Header): CliqueSnapshot {
  const signers = sortValidators(decodeCliqueExtra(header).signers);
  return { number: header.number, hash: headerHash(header), signers, recents: new Map(), votes: [], tally: new Map() };
}

/** When the signer may sign a block again after the snapshot: at this number or later. */
export function maySignFrom(snapshot: CliqueSnapshot, signer: Address): number {
  const limit = cliqueLimit(snapshot.signers.length);
  let from = 0;
  for (const [number, recent] of snapshot.recents)
    if (bytesEqual(recent, signer)) from = Math.max(from, number + limit);
  return from;
}

/** Signers take turns by number; the one in turn makes the heavier block. */
export function isInTurn(snapshot: CliqueSnapshot, number: number, signer: Address): boolean {
  const { signers } = snapshot;
  const index = signers.findIndex((other) => bytesEqual(other, signer));
  return index >= 0 && number % signers.length === index;
}

function without(recents: ReadonlyMap<number, Address>, number: number): Map<number, Address> {
  const kept = new Map(recents);
  kept.delete(number);
  return kept;
}

/**
 * The snapshot after one more header, which must be verified already.
 * @throws UNKNOWN_PARENT, SIGNER_UNAUTHORIZED, SIGNED_RECENTLY, VOTE_TYPE_INVALID, VANITY_MISSING, SEAL_MISSING
 */
export function nextCliqueSnapshot(snapshot: CliqueSnapshot, header: Header, rules: CliqueRulesInput): CliqueSnapshot {
  const { number } = header;
  if (number !== snapshot.number + 1 || !bytesEqual(header.parentHash, snapshot.hash))
    throw headerError('UNKNOWN_PARENT', { number });
  const isCheckpoint = number % cliqueSettings(rules.config).epochLength === 0;
  const recents = without(snapshot.recents, number - cliqueLimit(snapshot.signers.length));
  const signer = cliqueAuthor(header, rules.recover);
  if (signer === undefined || !includesAddress(snapshot.signers, signer))
    throw headerError('SIGNER_UNAUTHORIZED', { number });
  for (const recent of recents.values())
    if (bytesEqual(recent, signer)) throw headerError('SIGNED_RECENTLY', { number });
  recents.set(number, signer);
  const draft: VoteDraft = {
    votes: isCheckpoint ? [] : snapshot.votes,
    tally: isCheckpoint ? new Map() : new Map(snapshot.tally),
    validators: snapshot.signers,
  };
  applyVote(draft, signer, number, cliqueVote(header));
  const { length } = draft.validators;
  if (length < snapshot.signers.length) recents.delete(number - cliqueLimit(length));
  return {
    number,
    hash: headerHash(header),
    signers: draft.validators,
    recents,
    votes: draft.votes,
    tally: draft.tally,
  };
}
