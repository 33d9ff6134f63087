import type { PrepareMessage, QbftMessage, UnsignedQbftMessage } from '@isoquorum/consensus/qbft/message';
import { signQbftMessage } from '@isoquorum/consensus/qbft/signing';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { decodeQbftExtra, encodeQbftExtra, type QbftExtra, qbftVoteAdd } from '@isoquorum/primitives/istanbul-extra';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import type { Forger } from './forger.ts';
import { forgeValidators, spoilHeader, strangerAddress } from './spoilt-header.ts';

const half = { numerator: 1, denominator: 2 } as const;

function withExtra(block: Block, change: (extra: QbftExtra) => Partial<QbftExtra>): Block {
  const extra = decodeQbftExtra(block.header.extraData);
  const extraData = encodeQbftExtra({ ...extra, ...change(extra) });
  return { ...block, header: { ...block.header, extraData } };
}

/** What a traitor says in QBFT. */
export const qbftForger: Forger<QbftMessage, UnsignedQbftMessage> = {
  blockIn: (message) => (message.type === 'prePrepare' ? message.block : undefined),
  digestIn: (message) => (message.type === 'prepare' || message.type === 'commit' ? message.digest : undefined),
  withBlock(message, block) {
    const { height, round } = message;
    const digest = blockHash(block);
    switch (message.type) {
      case 'prePrepare':
        return { ...message, block };
      case 'prepare':
        return { type: 'prepare', height, round, digest };
      case 'commit':
        return { type: 'commit', height, round, digest, sealDigest: qbftCommitDigest(block.header, round) };
      case 'roundChange':
        return undefined;
    }
  },
  propose: (view, block) => ({ type: 'prePrepare', ...view, block, roundChanges: [], prepares: [] }),
  prepare: (view, digest) => ({ type: 'prepare', ...view, digest }),
  commit: ({ height, round }, block, _self, sealDigest = qbftCommitDigest(block.header, round)) => ({
    type: 'commit',
    height,
    round,
    digest: blockHash(block),
    sealDigest,
  }),
  askForRound: (view) => ({ type: 'roundChange', ...view, prepared: undefined, block: undefined, prepares: [] }),
  forgeCertificate(message, { seen, block, chance, nodes, sign }) {
    const { height, round } = message;
    // Stale PREPAREs of any block, or one's own several times.
    const stale = seen.filter(
      (other): other is PrepareMessage =>
        other.type === 'prepare' && other.height === height && other.round < Math.max(round, 1),
    );
    const own = block && signQbftMessage({ type: 'prepare', height, round: 0, digest: blockHash(block) }, sign);
    const copies = own?.type === 'prepare' ? Array.from({ length: nodes }, () => own) : [];
    const prepares = chance.hits(half) ? stale : copies;
    const digest = prepares[0]?.digest ?? (block && blockHash(block)) ?? new Uint8Array(32);
    const prepared = { round: prepares[0]?.round ?? 0, digest };
    return { type: 'roundChange', height, round, prepared, block, prepares };
  },
  withoutJustification: (message, block) =>
    message.type === 'prePrepare' && message.round > 0
      ? { ...message, block, roundChanges: message.roundChanges.slice(1), prepares: [] }
      : undefined,
  twin(block, chance) {
    const vanity = chance.bytes(32);
    return withExtra(block, () => ({ vanity }));
  },
  spoil(block, how, chance) {
    switch (how) {
      case 'rules':
        return { ...block, header: spoilHeader(block.header, chance) };
      case 'validators':
        return withExtra(block, ({ validators }) => ({ validators: forgeValidators(validators, chance) }));
      case 'vote':
        return withExtra(block, () => ({ vote: { recipient: strangerAddress, voteType: qbftVoteAdd } }));
    }
  },
};
