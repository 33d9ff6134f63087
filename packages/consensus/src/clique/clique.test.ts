import type { Address } from '@isoquorum/primitives/bytes';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { type Genesis, createGenesisHeader, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { emptyTrieRoot, type Header } from '@isoquorum/primitives/header';
import { bytesToHex, concatBytes } from '@isoquorum/primitives/hex';
import { describe, expect, test } from 'vitest';
import type { HeaderVote } from '../header.ts';
import { createFakeSigner, recoverFake } from '../testing/fake-signatures.ts';
import { type CliqueHeaderRules, verifyCliqueHeader } from './header.ts';
import { prepareCliqueHeader, sealCliqueHeader } from './prepare-header.ts';
import { cliqueGenesisSnapshot, type CliqueSnapshot, nextCliqueSnapshot } from './snapshot.ts';
import { cliqueSnapshotFromJson, cliqueSnapshotToJson } from './snapshot-json.ts';

const addressOf = (letter: string): Address => new Uint8Array(20).fill(letter.charCodeAt(0));

function genesisOf(letters: string, clique: Readonly<Record<string, number>> = {}): Genesis {
  const signers = letters.split('').map(addressOf);
  return parseGenesis({
    config: { chainId: 1337, isQuorum: true, clique: { period: 1, epoch: 30000, ...clique } },
    extraData: bytesToHex(concatBytes(new Uint8Array(32), ...signers, new Uint8Array(65))),
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    alloc: {},
  });
}

/** A chain of headers that follow one another, each by the signer and with the vote that is told. */
class Headers {
  readonly genesis: Genesis;
  head: Header;
  snapshot: CliqueSnapshot;

  constructor(genesis: Genesis) {
    this.genesis = genesis;
    this.head = createGenesisHeader(genesis, emptyTrieRoot);
    this.snapshot = cliqueGenesisSnapshot(this.head);
  }

  prepare(letter: string, vote?: HeaderVote): Header {
    const { config } = this.genesis;
    const signer = addressOf(letter);
    return prepareCliqueHeader({ parent: this.head, snapshot: this.snapshot, config, signer, nowSeconds: 0n, vote });
  }

  seal(header: Header, letter: string): Header {
    return sealCliqueHeader(header, createFakeSigner(addressOf(letter)));
  }

  verify(header: Header, rules: Partial<CliqueHeaderRules> = {}): string {
    const { config } = this.genesis;
    const all = {
      profile: 'strict',
      config,
      recover: recoverFake,
      nowSeconds: undefined,
      seals: 'checked',
      ...rules,
    } as const;
    try {
      verifyCliqueHeader(header, this.head, this.snapshot, all);
      return 'valid';
    } catch (error) {
      if (!isIsoquorumError(error)) throw error;
      return `${error.code}: ${error.message}`;
    }
  }

  add(letter: string, vote?: HeaderVote): void {
    const header = this.seal(this.prepare(letter, vote), letter);
    expect(this.verify(header)).toBe('valid');
    this.snapshot = nextCliqueSnapshot(this.snapshot, header, { config: this.genesis.config, recover: recoverFake });
    expect(cliqueSnapshotFromJson(cliqueSnapshotToJson(this.snapshot, this.genesis.config))).toEqual(this.snapshot);
    this.head = header;
  }
}

/** One header per word: `X` no vote, `X+Y` add, `X-Y` drop; answers the signers. */
function play(letters: string, votes: string, clique: Readonly<Record<string, number>> = {}): string {
  const headers = new Headers(genesisOf(letters, clique));
  for (const [signer = '', direction, candidate = ''] of votes.split(' '))
    headers.add(
      signer,
      direction === undefined ? undefined : { candidate: addressOf(candidate), authorize: direction === '+' },
    );
  return headers.snapshot.signers.map(([first = 0]) => String.fromCharCode(first)).join('');
}

describe('votes', () => {
  test.each([
    ['A', 'A', 'A'],
    ['A', 'A+B B A+C', 'AB'],
    ['AB', 'A+C B+C A+D B+D C A+E B+E', 'ABCD'],
    ['A', 'A-A', ''],
    ['AB', 'A-B', 'AB'],
    ['AB', 'A-B B-B', 'A'],
    ['ABC', 'A-C B-C', 'AB'],
    ['ABCD', 'A-C B-C', 'ABCD'],
    ['ABCD', 'A-D B-D C-D', 'ABC'],
    ['AB', 'A+C B A+C B A+C', 'AB'],
    ['AB', 'A+C B A+D B A B+D A B+C', 'ABCD'],
    ['AB', 'A-B B A-B B A-B', 'AB'],
    ['ABCD', 'A-C B C A-D B C A B-D C-D A B-C', 'AB'],
  ])('%s and %s leave %s', (letters, votes, expected) => {
    expect(play(letters, votes)).toBe(expected);
  });

  test('are forgotten at a checkpoint, which lists the signers', () => {
    expect(play('AB', 'A+C B A B+C', { epoch: 3 })).toBe('AB');
  });

  test('a signer that leaves makes room for one that had signed just before', () => {
    // With four signers one may sign of three in a row, with three one of two.
    expect(play('ABCD', 'A-D B-D C-D B', {})).toBe('ABC');
  });
});

describe('headers', () => {
  const fresh = (): Headers => new Headers(genesisOf('ABC', { epoch: 4 }));

  test('by a stranger, by one who signed lately, with the wrong weight', () => {
    const headers = fresh();
    expect(headers.verify(headers.seal(headers.prepare('X'), 'X'))).toBe('SIGNER_UNAUTHORIZED: unauthorized signer');
    headers.add('A');
    expect(headers.verify(headers.seal(headers.prepare('A'), 'A'))).toBe('SIGNED_RECENTLY: recently signed');
    const heavy = headers.seal({ ...headers.prepare('B'), difficulty: 2n }, 'B');
    expect(headers.verify(heavy)).toBe('DIFFICULTY_WRONG: wrong difficulty');
    const other = headers.seal({ ...headers.prepare('C'), difficulty: 3n }, 'C');
    expect(headers.verify(other)).toBe('DIFFICULTY_INVALID: invalid difficulty');
  });

  test.each<[string, (header: Header) => Partial<Header>, string]>([
    ['a short vanity', () => ({ extraData: new Uint8Array(31) }), 'extra-data 32 byte vanity prefix missing'],
    ['no seal', () => ({ extraData: new Uint8Array(96) }), 'extra-data 65 byte signature suffix missing'],
    [
      'signers between checkpoints',
      () => ({ extraData: new Uint8Array(117) }),
      'non-checkpoint block contains extra signer list',
    ],
    ['a vote that is neither', () => ({ nonce: new Uint8Array(8).fill(1) }), 'vote nonce not 0x00..0 or 0xff..f'],
    ['a mix digest', () => ({ mixHash: new Uint8Array(32).fill(1) }), 'non-zero mix digest'],
    ['uncles', () => ({ uncleHash: new Uint8Array(32) }), 'non empty uncle hash'],
    ['no time since the parent', ({ timestamp }) => ({ timestamp: timestamp - 1n }), 'invalid timestamp'],
    ['another parent', () => ({ parentHash: new Uint8Array(32) }), 'unknown ancestor'],
    ['a doubled gas limit', ({ gasLimit }) => ({ gasLimit: gasLimit * 2n }), 'invalid gas limit'],
  ])('%s', (_name, change, text) => {
    const headers = fresh();
    const header = headers.prepare('B');
    const changed = { ...header, ...change(header) };
    const sealed = changed.extraData.length < 97 ? changed : headers.seal(changed, 'B');
    expect(headers.verify(sealed)).toContain(text);
  });

  test('of the future, unless the genesis allows it', () => {
    const headers = fresh();
    const header = headers.seal(headers.prepare('B'), 'B');
    expect(headers.verify(header, { nowSeconds: 0n })).toBe('BLOCK_IN_FUTURE: block in the future');
    const patient = new Headers(genesisOf('ABC', { allowedFutureBlockTime: 1 }));
    expect(patient.verify(patient.seal(patient.prepare('B'), 'B'), { nowSeconds: 0n })).toBe('valid');
  });

  test('at a checkpoint', () => {
    const headers = fresh();
    for (const letter of 'BCA') headers.add(letter);
    const vote = { candidate: addressOf('D'), authorize: true };
    const header = headers.prepare('B', vote);
    expect(header.coinbase.every((byte) => byte === 0)).toBe(true);
    expect(headers.verify(headers.seal(header, 'B'))).toBe('valid');
    const seal = (change: Partial<Header>): string => headers.verify(headers.seal({ ...header, ...change }, 'B'));
    expect(seal({ coinbase: addressOf('D') })).toContain('beneficiary in checkpoint block non-zero');
    expect(seal({ nonce: new Uint8Array(8).fill(0xff) })).toContain('vote nonce in checkpoint block non-zero');
    expect(seal({ extraData: new Uint8Array(97 + 19) })).toContain('invalid signer list on checkpoint block');
    expect(seal({ extraData: new Uint8Array(97 + 60) })).toContain('mismatching signer list on checkpoint block');
  });
});
