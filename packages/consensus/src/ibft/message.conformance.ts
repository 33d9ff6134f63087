import { addressToChecksum } from '@isoquorum/primitives/address';
import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { describe, expect, test } from 'vitest';
import { recoverAddress } from '../recover-cache.ts';
import { hasVectors, listVectors, readJson, type Recording } from '../testing/recordings.ts';
import { decodeIbftMessage, encodeIbftMessage, ibftFrameCode, ibftSigningBytes } from './message.ts';

const folder = ['consensus', 'ibft'] as const;

describe.skipIf(!hasVectors(...folder))('recorded IBFT messages (needs shared/vectors/consensus/ibft)', () => {
  test.each(listVectors(...folder))('%s: every message decodes, encodes back and names its signer', (file) => {
    const messages = readJson<Recording>(...folder, file).messages.filter(({ code }) => code === ibftFrameCode);
    expect(messages.length).toBeGreaterThan(50);
    for (const recorded of messages) {
      const message = decodeIbftMessage(bareHexToBytes(recorded.wire));
      expect(bytesToBareHex(encodeIbftMessage(message))).toBe(recorded.wire);
      expect(bytesToBareHex(ibftSigningBytes(message))).toBe(recorded.signingBytes);
      const signer = recoverAddress(keccak256(ibftSigningBytes(message)), message.signature);
      expect(signer && addressToChecksum(signer)).toBe(recorded.signer);
      expect(signer).toEqual(message.sender);
      expect([message.height, message.round]).toEqual([recorded.sequence, recorded.round]);
    }
  });
});
