import type { IbftMessage, UnsignedIbftMessage } from '@isoquorum/consensus/ibft/message';
import type { SignDigest } from '@isoquorum/consensus/recover';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { zeroHash } from '@isoquorum/primitives/header';
import { decodeIbftExtra, encodeIbftExtra, type IbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { ibftCommitDigest, ibftProposerDigest, withIbftProposerSeal } from '@isoquorum/primitives/istanbul-seal';
import type { Forger } from './forger.ts';
import { forgeValidators, spoilHeader, strangerAddress } from './spoilt-header.ts';

/** The block sealed by whoever changed it. */
function sealed(block: Block, sign: SignDigest): Block {
  return { ...block, header: withIbftProposerSeal(block.header, sign(ibftProposerDigest(block.header))) };
}

function withExtra(block: Block, change: (extra: IbftExtra) => Partial<IbftExtra>): Block {
  const extra = decodeIbftExtra(block.header.extraData);
  const extraData = encodeIbftExtra({ ...extra, ...change(extra) });
  return { ...block, header: { ...block.header, extraData } };
}

/** What a traitor says in IBFT. */
export const ibftForger: Forger<IbftMessage, UnsignedIbftMessage> = {
  blockIn: (message) => (message.type === 'prePrepare' ? message.block : undefined),
  digestIn: (message) => (message.type === 'prepare' || message.type === 'commit' ? message.digest : undefined),
  withBlock(message, block, sender) {
    const { height, round } = message;
    const digest = blockHash(block);
    switch (message.type) {
      case 'prePrepare':
        return { type: 'prePrepare', height, round, sender, block };
      case 'prepare':
        return { type: 'prepare', height, round, sender, digest, sealDigest: undefined };
      case 'commit':
        return { type: 'commit', height, round, sender, digest, sealDigest: ibftCommitDigest(digest) };
      case 'roundChange':
        return undefined;
    }
  },
  propose: (view, block, sender) => ({ type: 'prePrepare', ...view, sender, block }),
  prepare: (view, digest, sender) => ({ type: 'prepare', ...view, sender, digest, sealDigest: undefined }),
  commit(view, block, sender, sealDigest) {
    const digest = blockHash(block);
    return { type: 'commit', ...view, sender, digest, sealDigest: sealDigest ?? ibftCommitDigest(digest) };
  },
  askForRound: (view, sender) => ({ type: 'roundChange', ...view, sender, digest: zeroHash }),
  // IBFT has no certificates to forge.
  forgeCertificate: () => undefined,
  withoutJustification: () => undefined,
  twin(block, chance, sign) {
    const vanity = chance.bytes(32);
    return sealed(
      withExtra(block, () => ({ vanity })),
      sign,
    );
  },
  spoil(block, how, chance, sign) {
    switch (how) {
      case 'rules': {
        const spoilt = { ...block, header: spoilHeader(block.header, chance) };
        return spoilt.header.extraData === block.header.extraData ? sealed(spoilt, sign) : spoilt;
      }
      case 'validators': {
        const forged = withExtra(block, ({ validators }) => ({ validators: forgeValidators(validators, chance) }));
        return sealed(forged, sign);
      }
      case 'vote': {
        const header = { ...block.header, coinbase: strangerAddress, nonce: new Uint8Array(8).fill(0xff) };
        return sealed({ ...block, header }, sign);
      }
    }
  },
};
