import { blockHash } from '@isoquorum/primitives/block';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import type { QbftMessage, UnsignedQbftMessage } from '../qbft/message.ts';
import { signQbftMessage } from '../qbft/signing.ts';
import type { Cluster, Node } from './cluster.ts';
import { createFakeSigner } from './fake-signatures.ts';

/** Another message for the same view: a rival block, a vote for another block, a claim without proof. */
function twist(cluster: Cluster, node: Node, unsigned: UnsignedQbftMessage): UnsignedQbftMessage {
  const { seen, random } = cluster;
  if (unsigned.type === 'prePrepare') {
    if (unsigned.height !== cluster.headOf(node).number + 1) return unsigned;
    return { ...unsigned, block: cluster.makeBlock(node) };
  }
  const rival = seen.findLast(({ type, height }) => type === 'prepare' && height === unsigned.height);
  const digest = rival?.type === 'prepare' ? rival.digest : new Uint8Array(32).fill(7);
  if (unsigned.type === 'prepare' || unsigned.type === 'commit') return { ...unsigned, digest };
  const prepares = seen.flatMap((other) =>
    other.type === 'prepare' && other.height === unsigned.height ? [other] : [],
  );
  const block = cluster.makeBlock(node);
  const claimed = random.chance(50) ? digest : blockHash(block);
  return { ...unsigned, prepared: { round: random.below(unsigned.round), digest: claimed }, block, prepares };
}

/** What a traitor does with a message that an honest node would send to all. */
export function betray(cluster: Cluster, node: Node, unsigned: UnsignedQbftMessage, message: QbftMessage): void {
  const { random, nodes, seen } = cluster;
  const sign = createFakeSigner(node.address);
  const half = new Set(nodes.filter(() => random.chance(50)).map(({ index }) => index));
  const other = twist(cluster, node, unsigned);
  for (const target of nodes) {
    if (target === node || random.chance(70))
      cluster.send(node, target, half.has(target.index) ? message : signQbftMessage(other, sign));
    if (random.chance(30)) cluster.send(node, target, signQbftMessage(other, sign));
  }
  // Old messages of anybody, again, to anybody.
  if (seen.length > 0 && random.chance(50)) cluster.send(node, random.pick(nodes), random.pick(seen));
  // A vote for whatever others vote for, and a seal for it.
  const vote = seen.findLast(({ type, height }) => type === 'prepare' && height === message.height);
  if (vote?.type !== 'prepare') return;
  const { type, height, round, digest } = vote;
  for (const target of nodes) cluster.send(node, target, signQbftMessage({ type, height, round, digest }, sign));
  const proposal = seen.findLast(
    (known) => known.type === 'prePrepare' && known.height === height && known.round === round,
  );
  if (proposal?.type !== 'prePrepare') return;
  const sealDigest = qbftCommitDigest(proposal.block.header, round);
  const commit = signQbftMessage(
    { type: 'commit', height, round, digest: blockHash(proposal.block), sealDigest },
    sign,
  );
  for (const target of nodes) cluster.send(node, target, commit);
}

/** Agrees with whoever speaks, about anything, as if nothing else had ever been said. */
export function echo(cluster: Cluster, node: Node, to: Node, message: QbftMessage): void {
  if (!cluster.random.chance(60)) return;
  const sign = createFakeSigner(node.address);
  const { height, round } = message;
  if (message.type === 'roundChange') {
    const change = { type: 'roundChange', height, round, prepared: undefined, block: undefined, prepares: [] } as const;
    cluster.send(node, to, signQbftMessage(change, sign));
    return;
  }
  const isVoteFor = message.type === 'prePrepare' ? message.block : undefined;
  const known = cluster.seen.findLast(
    (other) => other.type === 'prePrepare' && other.height === height && other.round === round,
  );
  const block = isVoteFor ?? (known?.type === 'prePrepare' ? known.block : undefined);
  const digest = message.type === 'prePrepare' ? blockHash(message.block) : message.digest;
  cluster.send(node, to, signQbftMessage({ type: 'prepare', height, round, digest }, sign));
  if (block === undefined) return;
  const sealDigest = qbftCommitDigest(block.header, round);
  cluster.send(node, to, signQbftMessage({ type: 'commit', height, round, digest, sealDigest }, sign));
}
