import { type Address, emptyBytes, type Hash32 } from '@isoquorum/primitives/bytes';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import { emptyUncleHash, type Header, headerHash, headerHashWithExtra, zeroHash } from '@isoquorum/primitives/header';
import { bytesEqual, concatBytes } from '@isoquorum/primitives/hex';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { verifyGasBounds } from '../gas-bounds.ts';
import { headerError } from '../header-error.ts';
import type { Profile } from '../profile.ts';
import type { RecoverAddress, SignDigest } from '../recover.ts';

const vanityLength = 32;
const sealLength = 65;
const raftIdMax = 0xffff;

/** Who minted a Raft block (goquorum.md 8.2): extra data = 32 zero bytes ‖ rlp[raft id as hexadecimal text, signature(65)]. */
export interface RaftExtra {
  readonly raftId: number;
  readonly seal: Uint8Array;
}

/** @throws RAFT_SEAL_INVALID */
export function decodeRaftExtra(header: Header): RaftExtra {
  const { extraData, number } = header;
  try {
    const outer = new RlpReader(extraData.subarray(vanityLength));
    const fields = outer.readList('raftSeal');
    outer.end('raftSeal');
    const text = bytesToUtf8(fields.readBytes('raftId'), 'raftId');
    const seal = fields.readFixed(sealLength, 'signature');
    fields.end('raftSeal');
    const raftId = /^[0-9a-f]{1,4}$/.test(text) ? Number.parseInt(text, 16) : 0;
    if (raftId < 1 || raftId > raftIdMax) fields.fail('RLP_INTEGER_INVALID', `no raft id: ${text}`, 'raftId');
    return { raftId, seal };
  } catch (cause) {
    throw headerError('RAFT_SEAL_INVALID', { number, reason: cause instanceof Error ? cause.message : String(cause) });
  }
}

export function encodeRaftExtra(extra: RaftExtra): Uint8Array {
  const list = encodeRlp([utf8ToBytes(extra.raftId.toString(16)), extra.seal]);
  return concatBytes(new Uint8Array(vanityLength), list);
}

/**
 * What a minter signs: the hash of the header as it is before extra data, roots of transactions and receipts, bloom and uncle
 * hash are filled in; state root and gas used are there.
 */
export function raftSealDigest(header: Header): Hash32 {
  const early: Header = {
    ...header,
    uncleHash: zeroHash,
    transactionsRoot: zeroHash,
    receiptsRoot: zeroHash,
    logsBloom: emptyBloom,
    extraData: emptyBytes,
  };
  return headerHashWithExtra(early, emptyBytes);
}

/** The header with its seal. @param sign by the node key */
export function sealRaftHeader(header: Header, raftId: number, sign: SignDigest): Header {
  return { ...header, extraData: encodeRaftExtra({ raftId, seal: sign(raftSealDigest(header)) }) };
}

/** Address of the node key that minted the block; undefined when nobody can be recovered. @throws RAFT_SEAL_INVALID */
export function raftMinter(header: Header, recover: RecoverAddress): Address | undefined {
  return recover(raftSealDigest(header), decodeRaftExtra(header).seal);
}

/** What a Raft header is checked against, besides its parent. */
export interface RaftHeaderRules {
  readonly profile: Profile;
  readonly config: ChainConfig;
  readonly recover: RecoverAddress;
}

/**
 * Verifies a Raft header. The original checks nothing but the place in the chain: the log decides (goquorum.md 8.4). Strict wants
 * time stamps not before the parent's, no uncles, gas within bounds, and a seal that somebody made; whose it has to be only
 * the log's membership says. @throws UNKNOWN_PARENT; strict: TIMESTAMP_INVALID, UNCLES_NOT_EMPTY, RAFT_SEAL_INVALID, GAS_*
 */
export function verifyRaftHeader(header: Header, parent: Header | undefined, rules: RaftHeaderRules): void {
  const { number } = header;
  if (number === 0) return;
  if (parent === undefined || parent.number !== number - 1 || !bytesEqual(headerHash(parent), header.parentHash))
    throw headerError('UNKNOWN_PARENT', { number });
  if (rules.profile !== 'strict') return;
  // Equal: blocks of one second, where a chain is written in seconds.
  if (header.timestamp < parent.timestamp)
    throw headerError('TIMESTAMP_INVALID', { number, timestamp: header.timestamp, parent: parent.timestamp });
  if (!bytesEqual(header.uncleHash, emptyUncleHash)) throw headerError('UNCLES_NOT_EMPTY', { number });
  if (raftMinter(header, rules.recover) === undefined) throw headerError('RAFT_SEAL_INVALID', { number });
  verifyGasBounds(header, parent, rules.config);
}
