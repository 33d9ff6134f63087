import type { Block } from '@isoquorum/primitives/block';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { decodeQbftExtra, encodeQbftExtra, type QbftExtra, qbftVoteAdd } from '@isoquorum/primitives/istanbul-extra';
import type { Chance } from '../core/chance.ts';

function withExtra(block: Block, change: (extra: QbftExtra) => Partial<QbftExtra>): Block {
  const extra = decodeQbftExtra(block.header.extraData);
  const extraData = encodeQbftExtra({ ...extra, ...change(extra) });
  return { ...block, header: { ...block.header, extraData } };
}

/** Another block that is as good as the first. */
export function twinBlock(block: Block, chance: Chance): Block {
  const vanity = chance.bytes(32);
  return withExtra(block, () => ({ vanity }));
}

/**
 * A block that is wrong in one way: against the header rules, with a forged list of validators, or (which is no fault of the
 * block) with a vote for a stranger.
 */
export function spoilBlock(block: Block, how: 'rules' | 'validators' | 'vote', chance: Chance): Block {
  const { header } = block;
  if (how === 'vote') {
    const recipient = new Uint8Array(20).fill(0xee);
    return withExtra(block, () => ({ vote: { recipient, voteType: qbftVoteAdd } }));
  }
  if (how === 'validators') {
    const stranger = chance.bytes(20);
    return withExtra(block, ({ validators }) => ({
      validators: chance.pick([
        [stranger, ...validators],
        validators.slice(1),
        validators.map((validator) => (bytesEqual(validator, header.coinbase) ? stranger : validator)),
        validators.toReversed(),
      ]),
    }));
  }
  const changes = [
    { stateRoot: chance.bytes(32) },
    { parentHash: chance.bytes(32) },
    { timestamp: header.timestamp - 1n },
    { timestamp: header.timestamp + 3_600n },
    { difficulty: 2n },
    { gasLimit: header.gasLimit * 2n },
    { mixHash: new Uint8Array(32) },
    { number: header.number + 1 },
    { coinbase: chance.bytes(20) },
    { extraData: chance.bytes(40) },
  ];
  return { ...block, header: { ...header, ...chance.pick(changes) } };
}

/** The bytes with a few of them changed, cut short, or replaced altogether. */
export function garble(bytes: Uint8Array, chance: Chance): Uint8Array {
  const kind = chance.below(3);
  if (kind === 0) return chance.bytes(1 + chance.below(200));
  if (kind === 1) return bytes.slice(0, chance.below(bytes.length));
  const changed = bytes.slice();
  for (let times = chance.between(1, 4); times > 0; times--) changed[chance.below(changed.length)] = chance.below(256);
  return changed;
}
