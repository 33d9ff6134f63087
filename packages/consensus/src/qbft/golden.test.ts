import { type Block, blockHash } from '@isoquorum/primitives/block';
import { emptyBloom } from '@isoquorum/primitives/bloom';
import { emptyTrieRoot, emptyUncleHash, type Header } from '@isoquorum/primitives/header';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { qbftCommitDigest, withQbftSeals } from '@isoquorum/primitives/istanbul-seal';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { privateKeyToAddress, signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { describe, expect, test } from 'vitest';
import type { CommitMessage, PrepareMessage, UnsignedQbftMessage } from './message.ts';
import { encodeQbftMessage, qbftSigningBytes } from './message-codec.ts';
import { signQbftMessage } from './signing.ts';

const nodeKey = bareHexToBytes('bb047e5940b6d83354d9432db7c449ac8fca2248008aaa7271369880f9f11cc1');
const author = privateKeyToAddress(nodeKey);
const header: Header = {
  parentHash: bareHexToBytes('69dd35a919256a238c0541171620ef552c58c9ef48c0384de508f6bd9b2d230c'),
  uncleHash: emptyUncleHash,
  coinbase: author,
  stateRoot: emptyTrieRoot,
  transactionsRoot: emptyTrieRoot,
  receiptsRoot: emptyTrieRoot,
  logsBloom: emptyBloom,
  difficulty: 1n,
  number: 1,
  gasLimit: 0xf7b760n,
  gasUsed: 0n,
  timestamp: 0x5f1663fen,
  extraData: encodeQbftExtra({
    vanity: new Uint8Array(32),
    validators: [author],
    vote: undefined,
    round: 0,
    committedSeals: [],
  }),
  mixHash: ISTANBUL_DIGEST,
  nonce: new Uint8Array(8),
};
const block: Block = { header, transactions: [], uncles: [] };
const digest = blockHash(block);
const seal0 =
  'dac7006ebc6413bd491035959c4a70f7d1b0a6ea3e0c4b71b06e95276017554210e84587acdd57aa94b44f9047619e9d006b8e38296ab12f4e31816cfbfafe2d01';
const seal1 =
  'e67ad8c786354ee638c01c72abdc33f2d97b2e99e2a3f741621bebc58a91a6044bff29f36a0e810b421bef074a4bec75837b96063762e6222e22aaf9e389677701';

function signed(message: UnsignedQbftMessage): ReturnType<typeof signQbftMessage> {
  return signQbftMessage(message, (bytes) => signDigestBytes(bytes, nodeKey));
}

describe('golden G12: QBFT', () => {
  test('block hash, commit digests and seals', () => {
    expect(bytesToBareHex(digest)).toBe('4c834801a54d44e4e19f7c957b2cdc3364672a41f06928664420f7330e07553b');
    expect(qbftCommitDigest(header, 0)).toEqual(digest);
    expect(bytesToBareHex(qbftCommitDigest(header, 1))).toBe(
      '1e9d12d1cc61a6abe99ecc21c1b1662ef73e0be3415d6e38fa53abc2161b3eb1',
    );
    expect(bytesToBareHex(signDigestBytes(qbftCommitDigest(header, 0), nodeKey))).toBe(seal0);
    expect(bytesToBareHex(signDigestBytes(qbftCommitDigest(header, 1), nodeKey))).toBe(seal1);
  });

  test('final extra data', () => {
    const head =
      'f87ea00000000000000000000000000000000000000000000000000000000000000000d59470524d664ffe731100208a0154e556f9bb679ae6c0';
    expect(bytesToBareHex(withQbftSeals(header, 0, [bareHexToBytes(seal0)]).extraData)).toBe(
      `${head}80f843b841${seal0}`,
    );
    expect(bytesToBareHex(withQbftSeals(header, 1, [bareHexToBytes(seal1)]).extraData)).toBe(
      `${head}01f843b841${seal1}`,
    );
  });

  const prepare = signed({ type: 'prepare', height: 1, round: 0, digest }) as PrepareMessage;

  test('PREPARE', () => {
    expect(bytesToBareHex(qbftSigningBytes(prepare))).toBe(
      'e513e30180a04c834801a54d44e4e19f7c957b2cdc3364672a41f06928664420f7330e07553b',
    );
    expect(bytesToBareHex(encodeQbftMessage(prepare))).toBe(
      'f867e30180a04c834801a54d44e4e19f7c957b2cdc3364672a41f06928664420f7330e07553bb841ad0b61433a7720ddd1de49a27784448c2fe4959eda5832acbe2ee7b1435c330a62f07befcd6220131c543bb95f00a21235ad08fae9034066072ed3ee1396282200',
    );
  });

  test('COMMIT gets its seal when it is signed', () => {
    const commit = signed({ type: 'commit', height: 1, round: 0, digest, sealDigest: digest }) as CommitMessage;
    expect(bytesToBareHex(commit.commitSeal)).toBe(seal0);
    expect(bytesToBareHex(encodeQbftMessage(commit))).toBe(
      `f8abf8660180a04c834801a54d44e4e19f7c957b2cdc3364672a41f06928664420f7330e07553bb841${seal0}b841ff1f14c5f269fef26a223c0e37b9c8872028af64cde11dde289f64fc8576f0c01774cdeaa73f05d8d1bce9b6dc7bed2a001722f9cb76c71e3a86fbb3a578ed8201`,
    );
  });

  test('ROUND-CHANGE with and without a prepared block', () => {
    const empty = signed({
      type: 'roundChange',
      height: 1,
      round: 1,
      prepared: undefined,
      block: undefined,
      prepares: [],
    });
    expect(bytesToBareHex(qbftSigningBytes(empty))).toBe('c515c30101c0');
    expect(bytesToBareHex(encodeQbftMessage(empty))).toBe(
      'f84bf847c30101c0b841b5bbb536a972d6f54f0bd14865b8d6f19f218c8eee100040b7d455dd879df9ba10481a1d033c9a5ff8309d2808b10523b72181723215eb74009ac6ea750d498900c0c0',
    );
    const full = signed({
      type: 'roundChange',
      height: 1,
      round: 1,
      prepared: { round: 0, digest },
      block,
      prepares: [prepare],
    });
    expect(bytesToBareHex(qbftSigningBytes(full))).toBe(
      'e715e50101e280a04c834801a54d44e4e19f7c957b2cdc3364672a41f06928664420f7330e07553b',
    );
    const wire = encodeQbftMessage(full);
    expect([wire.length, bytesToBareHex(keccak256(wire))]).toEqual([
      786,
      '461d4e30c3b1a4f01e3b482b3cc3720377057bf939ffbc4ae876d6983a285a15',
    ]);
  });

  test('PRE-PREPARE', () => {
    const message = signed({ type: 'prePrepare', height: 1, round: 0, block, roundChanges: [], prepares: [] });
    expect(bytesToBareHex(keccak256(qbftSigningBytes(message)))).toBe(
      'fade5909aca3c635012e7f26ab4aaf8edeff6e0bbc7f9d63f3d0b0634a5be01a',
    );
    const wire = encodeQbftMessage(message);
    expect([wire.length, bytesToBareHex(keccak256(wire))]).toEqual([
      650,
      '888d1b35561132ef297a0ba9fd49d4a4f8149c764c49aee16e72f0107c6198a9',
    ]);
  });
});
