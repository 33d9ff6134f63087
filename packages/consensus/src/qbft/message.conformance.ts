import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { addressToChecksum } from '@isoquorum/primitives/address';
import { decodeBlock, encodeBlock } from '@isoquorum/primitives/block';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { describe, expect, test } from 'vitest';
import { recoverAddress } from '../recover-cache.ts';
import { hasVectors, listVectors, readJson, type Recording } from '../testing/recordings.ts';
import { decodeQbftMessage, encodeQbftMessage, qbftSigningBytes } from './message-codec.ts';
import { qbftSigner } from './signing.ts';

const folder = ['consensus', 'qbft'] as const;

describe.skipIf(!hasVectors(...folder))('recorded QBFT messages (needs shared/vectors/consensus/qbft)', () => {
  test.each(listVectors(...folder))('%s: every message decodes, encodes back and names its signer', (file) => {
    const recording = readJson<Recording>(...folder, file);
    const messages = recording.messages.filter(({ code, type }) => code >= 0x12 && type !== 'undecodable');
    expect(messages.length).toBeGreaterThan(50);
    for (const recorded of messages) {
      const message = decodeQbftMessage(recorded.code, bareHexToBytes(recorded.wire));
      expect(bytesToBareHex(encodeQbftMessage(message))).toBe(recorded.wire);
      // Without what the decoder remembers.
      const copy = structuredClone(message);
      expect(bytesToBareHex(encodeQbftMessage(copy))).toBe(recorded.wire);
      expect(bytesToBareHex(qbftSigningBytes(copy))).toBe(recorded.signingBytes);
      expect(bytesToBareHex(copy.signature)).toBe(recorded.signature);
      const signer = qbftSigner(copy, recoverAddress);
      expect(signer && addressToChecksum(signer)).toBe(recorded.signer);
      expect([message.height, message.round]).toEqual([recorded.sequence, recorded.round]);
    }
  });

  test.each(listVectors(...folder))('%s: commit seals sign the header in the round of the COMMIT', (file) => {
    const recording = readJson<Recording>(...folder, file);
    const proposals = recording.proposals.map(({ hash, rlp }) => ({ hash, block: decodeBlock(bareHexToBytes(rlp)) }));
    for (const { rlp } of recording.proposals)
      expect(bytesToBareHex(encodeBlock(decodeBlock(bareHexToBytes(rlp))))).toBe(rlp);
    let checked = 0;
    for (const recorded of recording.messages.filter(({ code, type }) => code === 0x14 && type === 'commit')) {
      const found = proposals.find(({ hash }) => hash === `0x${recorded.digest}`);
      if (found === undefined || recorded.commitSeal === undefined) continue;
      const digest = qbftCommitDigest(found.block.header, recorded.round);
      expect(bytesToBareHex(digest)).toBe(recorded.commitSealDigest);
      const sealer = recoverAddress(digest, bareHexToBytes(recorded.commitSeal));
      expect(sealer && addressToChecksum(sealer)).toBe(recorded.signer);
      checked++;
    }
    expect(checked).toBeGreaterThan(10);
  });
});
