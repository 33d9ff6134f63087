import { encodeHeader, headerHash, readHeader } from '@isoquorum/primitives/header';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { encodeRlp, encodeRlpListOf, numberToRlp } from '@isoquorum/primitives/rlp';
import { RlpReader } from '@isoquorum/primitives/rlp-reader';
import type { LightState } from './light.ts';
import type { SnapshotVote, Tally } from './vote-tally.ts';

/** Stored bytes are no light state: start again from the genesis block. */
export type LightStateErrorCode = 'LIGHT_STATE_INVALID';

const version = 1;
const listMax = 65_536;

function flag(value: boolean): Uint8Array {
  return numberToRlp(value ? 1 : 0);
}

/** rlp[version, header, [validator…], [[validator, block, candidate, authorize]…], [[candidate, authorize, votes]…]]. */
export function encodeLightState({ head, snapshot }: LightState): Uint8Array {
  const votes = snapshot.votes.map((vote) => [
    vote.validator,
    numberToRlp(vote.block),
    vote.candidate,
    flag(vote.authorize),
  ]);
  const tally = [...snapshot.tally.values()].map((entry) => [
    entry.candidate,
    flag(entry.authorize),
    numberToRlp(entry.votes),
  ]);
  return encodeRlpListOf([
    encodeRlp(numberToRlp(version)),
    encodeHeader(head),
    encodeRlp(snapshot.validators),
    encodeRlp(votes),
    encodeRlp(tally),
  ]);
}

function readVote(reader: RlpReader): SnapshotVote {
  const fields = reader.readList('vote');
  const vote = {
    validator: fields.readFixed(20, 'vote.validator'),
    block: fields.readNumber('vote.block'),
    candidate: fields.readFixed(20, 'vote.candidate'),
    authorize: fields.readNumber('vote.authorize') === 1,
  };
  fields.end('vote');
  return vote;
}

function readTally(reader: RlpReader): [string, Tally] {
  const fields = reader.readList('tally');
  const candidate = fields.readFixed(20, 'tally.candidate');
  const tally = {
    candidate,
    authorize: fields.readNumber('tally.authorize') === 1,
    votes: fields.readNumber('tally.votes'),
  };
  fields.end('tally');
  return [bytesToBareHex(candidate), tally];
}

/** The state from its stored form, which must be the follower's own (it is not verified again). @throws LIGHT_STATE_INVALID */
export function decodeLightState(bytes: Uint8Array): LightState {
  try {
    const outer = new RlpReader(bytes.slice());
    const fields = outer.readList('lightState');
    outer.end('lightState');
    const found = fields.readNumber('version');
    if (found !== version) fields.fail('RLP_INTEGER_INVALID', `version ${found} is unknown`, 'version');
    const head = readHeader(fields);
    const validators = fields.readListOf('validators', (list) => list.readFixed(20, 'validators'), listMax);
    const votes = fields.readListOf('votes', readVote, listMax);
    const tally = new Map(fields.readListOf('tally', readTally, listMax));
    fields.end('lightState');
    return { head, snapshot: { number: head.number, hash: headerHash(head), votes, tally, validators } };
  } catch (cause) {
    throw new IsoquorumError('LIGHT_STATE_INVALID', 'stored light state is damaged', {}, 'IGNORE', { cause });
  }
}
