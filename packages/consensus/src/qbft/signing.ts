import type { Address } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { RecoverAddress, SignDigest } from '../recover.ts';
import type { QbftMessage, RoundChangePayload, UnsignedQbftMessage } from './message.ts';
import { qbftSigningBytes } from './message-codec.ts';

/** Signer per message object; null: cannot be recovered. */
const signers = new WeakMap<object, Address | null>();

/** Who signed the message (never transmitted, always recovered); undefined if nobody can have. Remembered per object. */
export function qbftSigner(message: QbftMessage | RoundChangePayload, recover: RecoverAddress): Address | undefined {
  const known = signers.get(message);
  if (known !== undefined) return known ?? undefined;
  const signer = recover(keccak256(qbftSigningBytes(message)), message.signature);
  signers.set(message, signer ?? null);
  return signer;
}

/** Signs a message with the node key; a COMMIT gets its seal first. */
export function signQbftMessage(message: UnsignedQbftMessage, sign: SignDigest): QbftMessage {
  if (message.type === 'commit') {
    const { type, height, round, digest } = message;
    const content = { type, height, round, digest, commitSeal: sign(message.sealDigest) };
    return { ...content, signature: sign(keccak256(qbftSigningBytes(content))) };
  }
  return { ...message, signature: sign(keccak256(qbftSigningBytes(message))) };
}
