import { blockHash } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { type Header, headerHash } from '@isoquorum/primitives/header';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { describe, expect, test } from 'vitest';
import {
  acceptHeader,
  acceptSegment,
  createLightState,
  describeHeaderError,
  isConflict,
  type LightState,
  quorumWarning,
} from './light.ts';
import { decodeLightState, encodeLightState } from './light-state-codec.ts';
import { createFakeSigner, recoverFake } from './testing/fake-signatures.ts';
import { addressOf } from './testing/bft-test-machine.ts';
import { createTestBlock, createTestGenesis } from './testing/test-chain.ts';

const letters = 'ABCD'.split('');
const { config, header: genesis } = createTestGenesis(letters.map(addressOf));
const rules = { config, profile: 'strict', recover: recoverFake } as const;

function sealBy(header: Header, by: readonly string[], round = 0): Header {
  const digest = qbftCommitDigest(header, round);
  return withQbftSeals(
    header,
    round,
    by.map((letter) => createFakeSigner(addressOf(letter))(digest)),
  );
}

interface NextOptions {
  readonly author?: string;
  readonly by?: readonly string[];
  readonly validators?: readonly Address[];
  readonly vote?: { readonly recipient: Address; readonly voteType: number };
  readonly salt?: number;
}

function next(
  parent: Header,
  { author = 'A', by = 'ABC'.split(''), validators = letters.map(addressOf), vote, salt = 0 }: NextOptions = {},
): Header {
  const block = createTestBlock({ parent, validators, config, author: addressOf(author), nowSeconds: 0n, vote }, salt);
  return by.length === 0 ? block.header : sealBy(block.header, by);
}

function refusal(state: LightState, headers: readonly Header[], nowSeconds?: bigint): string {
  try {
    acceptSegment(state, headers, rules, nowSeconds);
    return 'accepted';
  } catch (error) {
    return `${(error as { code: string }).code}: ${describeHeaderError(error) ?? ''}`;
  }
}

describe('a light follower', () => {
  const start = createLightState(genesis, rules);

  test('accepts a header with a full quorum of seals and tells who sealed it', () => {
    const header = next(genesis, { by: ['D', 'B', 'C'] });
    const { state, accepted } = acceptHeader(start, header, rules, undefined);
    expect(accepted.sealers).toEqual('DBC'.split('').map(addressOf));
    expect([accepted.author, accepted.quorum, accepted.round]).toEqual([addressOf('A'), 3, 0]);
    expect(decodeLightState(encodeLightState(state))).toEqual(state);
  });

  test('refuses, each with its code and a sentence', () => {
    const stranger = `0x${'58'.repeat(20)}`;
    const cases: [string, readonly Header[], string][] = [
      [
        'two of four',
        [next(genesis, { by: ['A', 'B'] })],
        'SEALS_BELOW_QUORUM: Header 1 has 2 valid seals; 3 are needed.',
      ],
      ['none', [next(genesis, { by: [] })], 'SEALS_MISSING: Header 1 carries no seals.'],
      [
        'one twice',
        [next(genesis, { by: ['A', 'B', 'B'] })],
        `SEAL_DUPLICATE: Header 1 carries two seals by one validator (0x${'42'.repeat(20)}).`,
      ],
      [
        'more than validators',
        [next(genesis, { by: 'AAAAA'.split('') })],
        'SEAL_DUPLICATE: Header 1 carries two seals by one validator.',
      ],
      [
        'stranger',
        [next(genesis, { by: ['A', 'B', 'C', 'X'] })],
        `SEAL_BY_STRANGER: Header 1 carries a seal by ${stranger}, who is no validator there.`,
      ],
      [
        'author',
        [next(genesis, { author: 'X' })],
        `AUTHOR_UNAUTHORIZED: Header 1 is authored by ${stranger}, who is no validator there.`,
      ],
      ['gap', [next(next(genesis))], 'UNKNOWN_PARENT: Header 2 does not follow the last verified block.'],
      [
        'list',
        [next(genesis, { validators: 'ABCX'.split('').map(addressOf) })],
        'VALIDATOR_LIST_MISMATCH: Header 1 lists other validators than those in force.',
      ],
      [
        'seals of another header',
        [{ ...next(genesis, { salt: 1 }), extraData: next(genesis).extraData, gasUsed: 1n }],
        'SEAL_UNRECOVERABLE: Header 1 carries a seal that is no signature of this header.',
      ],
    ];
    for (const [name, headers, expected] of cases) expect([name, refusal(start, headers)]).toEqual([name, expected]);
    expect(refusal(start, [next(genesis)], 1n)).toMatch(/^BLOCK_IN_FUTURE/);
    expect(describeHeaderError(new Error('x'))).toBeUndefined();
  });

  test('in a segment, headers before the last are vouched for by hash links', () => {
    const first = next(genesis, { by: [] });
    const second = next(first);
    const { accepted } = acceptSegment(start, [first, second], rules, undefined);
    expect(accepted.map(({ sealers }) => sealers.length)).toEqual([0, 3]);
    expect(refusal(start, [first, next(first, { by: ['A'] })])).toMatch(/^SEALS_BELOW_QUORUM: Header 2/);
  });

  test('but where the set changes, the seals are checked', () => {
    const vote = { recipient: addressOf('D'), voteType: 0 };
    const play = (deciding: readonly string[], last: readonly string[]): string => {
      const one = next(genesis, { author: 'A', vote, by: [] });
      const two = next(one, { author: 'B', vote, by: [] });
      const three = next(two, { author: 'C', vote, by: deciding });
      const four = next(three, { by: last, validators: 'ABC'.split('').map(addressOf) });
      return refusal(start, [one, two, three, four]);
    };
    expect(play('ABD'.split(''), ['A', 'B'])).toBe('accepted');
    expect(play([], ['A', 'B'])).toMatch(/^SEALS_MISSING: Header 3/);
    expect(play('ABD'.split(''), ['A', 'D'])).toMatch(/^SEAL_BY_STRANGER: Header 4/);
  });

  test('two final blocks at one height are a conflict', () => {
    const header = next(genesis);
    const { state } = acceptHeader(start, header, rules, undefined);
    expect(isConflict(start, state.head, next(genesis, { salt: 3 }), rules)).toBe(true);
    expect(isConflict(start, state.head, next(genesis, { salt: 3, by: ['A'] }), rules)).toBe(false);
    expect(isConflict(start, state.head, sealBy(header, 'BCD'.split('')), rules)).toBe(false);
    expect(headerHash(state.head)).toEqual(blockHash({ header, transactions: [], uncles: [] }));
  });

  test('a set whose quorums need not overlap is worth a warning', () => {
    const loose = createTestGenesis(letters.map(addressOf), { isTwoFPlus1: true }).config;
    expect(quorumWarning(5, loose, 1)).toMatch(/With 5 validators/);
    expect(quorumWarning(4, loose, 1)).toBeUndefined();
    expect(quorumWarning(5, config, 1)).toBeUndefined();
  });
});
