import type { Address } from '@isoquorum/primitives/bytes';
import { emptyBytes } from '@isoquorum/primitives/bytes';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { RecoverAddress, SignDigest } from '../recover.ts';
import { type IbftMessage, ibftSigningBytes, type UnsignedIbftMessage } from './message.ts';

/** Signer per message object; null: cannot be recovered. */
const signers = new WeakMap<IbftMessage, Address | null>();

/** Who signed the message, whoever it says that it is from; undefined if nobody can have. Remembered per object. */
export function ibftSigner(message: IbftMessage, recover: RecoverAddress): Address | undefined {
  const known = signers.get(message);
  if (known !== undefined) return known ?? undefined;
  const signer = recover(keccak256(ibftSigningBytes(message)), message.signature);
  signers.set(message, signer ?? null);
  return signer;
}

function signed<T extends IbftMessage>(message: T, sign: SignDigest): T {
  return { ...message, signature: sign(keccak256(ibftSigningBytes(message))) };
}

/** Signs a message with the node key; a COMMIT gets its seal first. */
export function signIbftMessage(message: UnsignedIbftMessage, sign: SignDigest): IbftMessage {
  if (message.type === 'prePrepare' || message.type === 'roundChange')
    return signed({ ...message, signature: emptyBytes, committedSeal: emptyBytes }, sign);
  const { sealDigest, ...vote } = message;
  const committedSeal = sealDigest === undefined ? emptyBytes : sign(sealDigest);
  return signed({ ...vote, signature: emptyBytes, committedSeal }, sign);
}
