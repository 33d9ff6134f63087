import { encodeBlock, readBlock } from '@isoquorum/primitives/block';
import { emptyBytes } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { emptyRlpList, encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import type { RlpReader } from '@isoquorum/primitives/rlp-reader';
import { decodeBftRecord, encodeBftRecord } from '../bft/record-codec.ts';
import { decodeIbftMessage, encodeIbftMessage, type IbftVoteMessage } from './message.ts';
import type { IbftLock, IbftRecord } from './types.ts';

const votesMax = 65_536;

function encodeLock(lock: IbftLock | undefined): Uint8Array {
  if (lock === undefined) return emptyRlpList;
  const votes = encodeRlp(lock.votes.map(encodeIbftMessage));
  return encodeRlpListOf([encodeRlp(numberToRlp(lock.round)), encodeRlp(lock.digest), encodeBlock(lock.block), votes]);
}

/** rlp[version, height, round, waiting, prepareDigest, commitDigest, lock, proposed]; a lock is [round, digest, block, votes]. */
export function encodeIbftRecord(record: IbftRecord): Uint8Array {
  return encodeBftRecord(record, [
    encodeRlp(numberToRlp(record.waiting ? 1 : 0)),
    encodeRlp(record.prepareDigest ?? emptyBytes),
    encodeRlp(record.commitDigest ?? emptyBytes),
    encodeLock(record.lock),
    record.proposed === undefined ? emptyRlpList : encodeRlpListOf([encodeBlock(record.proposed)]),
  ]);
}

function readVote(bytes: Uint8Array): IbftVoteMessage {
  const message = decodeIbftMessage(bytes);
  if (message.type === 'prepare' || message.type === 'commit') return message;
  throw new IsoquorumError('IBFT_RECORD_INVALID', 'a lock has votes only', { type: message.type });
}

function readLock(reader: RlpReader): IbftLock | undefined {
  const fields = reader.readList('lock');
  if (!fields.hasMore) return undefined;
  const lock = {
    round: fields.readNumber('lock.round'),
    digest: fields.readFixed(32, 'lock.digest'),
    block: readBlock(fields),
    votes: fields.readListOf('lock.votes', (votes) => readVote(votes.readBytes('vote')), votesMax),
  };
  fields.end('lock');
  return lock;
}

/** The record that was persisted last. @throws IBFT_RECORD_INVALID */
export function decodeIbftRecord(bytes: Uint8Array): IbftRecord {
  return decodeBftRecord(bytes, 'IBFT_RECORD_INVALID', (fields, view) => {
    const waiting = fields.readNumber('waiting') !== 0;
    const prepareDigest = fields.readOptionalFixed(32, 'prepareDigest');
    const commitDigest = fields.readOptionalFixed(32, 'commitDigest');
    const lock = readLock(fields);
    const outer = fields.readList('proposed');
    const proposed = outer.hasMore ? readBlock(outer) : undefined;
    outer.end('proposed');
    return { ...view, waiting, prepareDigest, commitDigest, lock, proposed };
  });
}
