import type { IbftMessage } from '@isoquorum/consensus/ibft/message';
import { ibftSigner } from '@isoquorum/consensus/ibft/signing';
import type { PrepareMessage, QbftMessage, RoundChangePayload } from '@isoquorum/consensus/qbft/message';
import { qbftSigner } from '@isoquorum/consensus/qbft/signing';
import { blockHash } from '@isoquorum/primitives/block';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import type { BftView, SignedClaim } from './bft-view.ts';

function claimOf(message: PrepareMessage | RoundChangePayload, recover: RecoverAddress): SignedClaim {
  const { height, round } = message;
  const prepared = message.type === 'roundChange' ? message.prepared : undefined;
  const digest = message.type === 'prepare' ? message.digest : prepared?.digest;
  return {
    signer: qbftSigner(message, recover),
    height,
    round,
    digest: digest && bytesToBareHex(digest),
    preparedRound: prepared?.round,
  };
}

const unjustified = { preparedRound: undefined, prepares: [], roundChanges: [] } as const;

/** A QBFT message as the checkers see it. */
export function qbftViewOf(message: QbftMessage, recover: RecoverAddress): BftView {
  const { type, height, round } = message;
  const common = { type, signer: qbftSigner(message, recover), height, round } as const;
  switch (message.type) {
    case 'prePrepare':
      return {
        ...common,
        digest: bytesToBareHex(blockHash(message.block)),
        preparedRound: undefined,
        prepares: message.prepares.map((claim) => claimOf(claim, recover)),
        roundChanges: message.roundChanges.map((claim) => claimOf(claim, recover)),
      };
    case 'roundChange':
      return {
        ...common,
        ...claimOf(message, recover),
        prepares: message.prepares.map((claim) => claimOf(claim, recover)),
        roundChanges: [],
      };
    default:
      return { ...common, ...unjustified, digest: bytesToBareHex(message.digest) };
  }
}

/** An IBFT message as the checkers see it. */
export function ibftViewOf(message: IbftMessage, recover: RecoverAddress): BftView {
  const { type, height, round } = message;
  const digest = message.type === 'prePrepare' ? blockHash(message.block) : message.digest;
  return {
    type,
    signer: ibftSigner(message, recover),
    height,
    round,
    ...unjustified,
    digest: bytesToBareHex(digest),
  };
}
