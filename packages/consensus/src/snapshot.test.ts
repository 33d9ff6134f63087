import type { Address } from '@isoquorum/primitives/bytes';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { decodeQbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { describe, expect, test } from 'vitest';
import { genesisSnapshot, nextSnapshot, type Snapshot } from './snapshot.ts';
import { isVoteUseful } from './vote-tally.ts';
import { snapshotFromJson, snapshotToJson } from './snapshot-json.ts';
import { recoverFake } from './testing/fake-signatures.ts';
import { createTestBlock, createTestGenesis } from './testing/test-chain.ts';

function addressOf(letter: string): Address {
  return new Uint8Array(20).fill(letter.charCodeAt(0));
}

function lettersOf(snapshot: Snapshot): string {
  return snapshot.validators.map(([first = 0]) => String.fromCharCode(first)).join(' ');
}

/** One header per word: `X` no vote, `X+Y` add, `X-Y` drop. */
function play(validators: string, votes: string, epochLength?: number): Snapshot {
  const letters = validators.split(' ').map(addressOf);
  const { config, header } = createTestGenesis(letters, epochLength === undefined ? {} : { epochLength });
  const rules = { config, recover: recoverFake, profile: 'strict' } as const;
  let snapshot = genesisSnapshot(header, rules);
  let parent: Header = header;
  for (const word of votes.split(' ')) {
    const [author = '', direction, candidate = ''] = word;
    const vote =
      direction === undefined ? undefined : { recipient: addressOf(candidate), voteType: direction === '+' ? 0xff : 0 };
    const next = createTestBlock({
      parent,
      validators: snapshot.validators,
      config,
      author: addressOf(author),
      nowSeconds: 0n,
      vote,
    });
    snapshot = nextSnapshot(snapshot, next.header, rules);
    expect(snapshotFromJson(snapshotToJson(snapshot, config))).toEqual(snapshot);
    parent = next.header;
  }
  return snapshot;
}

describe('golden G11: votes', () => {
  test.each([
    ['A', 'A', 'A'],
    ['A', 'A+B B A+C', 'A B'],
    ['A B', 'A+C B+C A+D B+D C A+E B+E', 'A B C D'],
    ['A', 'A-A', ''],
    ['A B', 'A-B', 'A B'],
    ['A B', 'A-B B-B', 'A'],
    ['A B C', 'A-C B-C', 'A B'],
    ['A B C D', 'A-C B-C', 'A B C D'],
    ['A B C D', 'A-D B-D C-D', 'A B C'],
    ['A B', 'A+C B A+C B A+C', 'A B'],
    ['A B', 'A+C B A+D B A B+D A B+C', 'A B C D'],
    ['A B', 'A-B B A-B B A-B', 'A B'],
    ['A B C D', 'A-C B C A-D B C A B-D C-D A B-C', 'A B'],
    ['A B C', 'C-B A-C B-C A-B', 'A B'],
    ['A B C D', 'A-C B C A-D B-C C A B-D C-D', 'A B C'],
    ['A B C D', 'A-C B C A-D B-C C A B-D C-D A C+C', 'A B'],
    ['A B C D', 'A-C B C A-D B-C C A B-D C-D A B+C', 'A B C'],
    ['A B C D E', 'A+F B+F C+F D-F E-F B-F C-F D+F E+F B-A C-A D-A B+F', 'B C D E F'],
  ])('%s | %s -> %s', (validators, votes, expected) => {
    expect(lettersOf(play(validators, votes))).toBe(expected);
  });

  test('A B (epoch 3) | A+C B A B+C -> A B', () => {
    expect(lettersOf(play('A B', 'A+C B A B+C', 3))).toBe('A B');
  });
});

test('a header by a stranger, with another parent or with an unknown vote type is refused', () => {
  const { config, header } = createTestGenesis([addressOf('A')]);
  const rules = { config, recover: recoverFake, profile: 'strict' } as const;
  const snapshot = genesisSnapshot(header, rules);
  const options = { parent: header, validators: snapshot.validators, config, nowSeconds: 0n };
  const stranger = createTestBlock({ ...options, author: addressOf('X') }).header;
  expect(() => nextSnapshot(snapshot, stranger, rules)).toThrow('unauthorized');
  const good = createTestBlock({ ...options, author: addressOf('A') }).header;
  expect(() => nextSnapshot(snapshot, { ...good, parentHash: new Uint8Array(32) }, rules)).toThrow('unknown ancestor');
  const odd = encodeQbftExtra({ ...decodeQbftExtra(good.extraData), vote: { recipient: addressOf('B'), voteType: 5 } });
  expect(() => nextSnapshot(snapshot, { ...good, extraData: odd }, rules)).toThrow('vote nonce not 0x00..0 or 0xff..f');
  expect(nextSnapshot(snapshot, good, rules).hash).toEqual(headerHash(good));
});

test('validators of a contract replace the voted ones', () => {
  const { config, header } = createTestGenesis([addressOf('A')]);
  const rules = { config, recover: recoverFake, profile: 'strict' } as const;
  expect(lettersOf(genesisSnapshot(header, rules, [addressOf('D'), addressOf('C')]))).toBe('C D');
});

test('a vote is useful if it would change something', () => {
  const set = [addressOf('A')];
  expect(isVoteUseful(set, { candidate: addressOf('A'), authorize: true })).toBe(false);
  expect(isVoteUseful(set, { candidate: addressOf('A'), authorize: false })).toBe(true);
  expect(isVoteUseful(set, { candidate: addressOf('B'), authorize: true })).toBe(true);
  expect(isVoteUseful(set, { candidate: addressOf('B'), authorize: false })).toBe(false);
});

test('a damaged stored snapshot is a coded error', () => {
  const broken = { epoch: 1, number: 1, hash: '0x12', votes: null, tally: {}, validators: [], policy: 0 };
  expect(() => snapshotFromJson(broken)).toThrow('stored snapshot is damaged');
});
