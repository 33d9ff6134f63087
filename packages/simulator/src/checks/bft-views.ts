import type { IbftMessage } from '@isoquorum/consensus/ibft/message';
import { ibftSigner } from '@isoquorum/consensus/ibft/signing';
import type { PrepareMessage, QbftMessage, RoundChangePayload } from '@isoquorum/consensus/qbft/message';
import { qbftSigner } from '@isoquorum/consensus/qbft/signing';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { recoverFake } from '../machines/fake-signatures.ts';
import type { BftView, SignedClaim } from './bft-view.ts';

function claimOf(message: PrepareMessage | RoundChangePayload): SignedClaim {
  const { height, round } = message;
  const prepared = message.type === 'roundChange' ? message.prepared : undefined;
  const digest = message.type === 'prepare' ? message.digest : prepared?.digest;
  return {
    signer: qbftSigner(message, recoverFake),
    height,
    round,
    digest: digest && bytesToBareHex(digest),
    preparedRound: prepared?.round,
  };
}

const unjustified = { preparedRound: undefined, prepares: [], roundChanges: [] } as const;

/** A QBFT message as the checkers see it. */
export function qbftViewOf(message: QbftMessage): BftView {
  const { type, height, round } = message;
  const common = { type, signer: qbftSigner(message, recoverFake), height, round } as const;
  switch (message.type) {
    case 'prePrepare':
      return {
        ...common,
        digest: bytesToBareHex(blockHash(message.block)),
        preparedRound: undefined,
        prepares: message.prepares.map(claimOf),
        roundChanges: message.roundChanges.map(claimOf),
      };
    case 'roundChange':
      return { ...common, ...claimOf(message), prepares: message.prepares.map(claimOf), roundChanges: [] };
    default:
      return { ...common, ...unjustified, digest: bytesToBareHex(message.digest) };
  }
}

/** An IBFT message as the checkers see it. */
export function ibftViewOf(message: IbftMessage): BftView {
  const { type, height, round } = message;
  const digest = message.type === 'prePrepare' ? blockHash(message.block) : message.digest;
  return {
    type,
    signer: ibftSigner(message, recoverFake),
    height,
    round,
    ...unjustified,
    digest: bytesToBareHex(digest),
  };
}
