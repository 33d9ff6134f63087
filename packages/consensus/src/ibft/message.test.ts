import { bareHexToBytes, bytesToBareHex } from '@isoquorum/primitives/hex';
import { fc, test as property } from '@fast-check/vitest';
import { isIsoquorumError } from '@isoquorum/primitives/errors';
import { expect, test } from 'vitest';
import { decodeIbftMessage, encodeIbftMessage, ibftSigningBytes } from './message.ts';

const prepare =
  'f88001a5e4c28001a0cd046d00da70a13df941755f0692f1be38d1e68830738cf3e69f35be8499e13b9470524d664ffe731100208a0154e556f9bb679ae6b84166eebb5bd2af82adc3ea267a9331f789cbe04cba3ad15bece9163569a005ed006c98eca84d5db575a877a091bf5b86e7d18c30750f852f54711b5b30538ad7ac0080';
const signing =
  'f83e01a5e4c28001a0cd046d00da70a13df941755f0692f1be38d1e68830738cf3e69f35be8499e13b9470524d664ffe731100208a0154e556f9bb679ae68080';

test('golden G12: IBFT PREPARE', () => {
  const message = decodeIbftMessage(bareHexToBytes(prepare));
  expect(message).toMatchObject({ type: 'prepare', height: 1, round: 0 });
  expect(bytesToBareHex(encodeIbftMessage(message))).toBe(prepare);
  expect(bytesToBareHex(ibftSigningBytes(message))).toBe(signing);
});

property.prop([fc.nat(), fc.nat(255)])('a changed byte decodes or is refused with our code', (at, byte) => {
  const bytes = bareHexToBytes(prepare);
  bytes[at % bytes.length] = byte;
  try {
    expect(encodeIbftMessage(decodeIbftMessage(bytes))).toEqual(bytes);
  } catch (error) {
    expect(isIsoquorumError(error, 'IBFT_MESSAGE_INVALID')).toBe(true);
  }
});
