import type { QbftMessage, UnsignedQbftMessage } from '@isoquorum/consensus/qbft/message';
import { signQbftMessage } from '@isoquorum/consensus/qbft/signing';
import type { SignDigest } from '@isoquorum/consensus/recover';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { qbftCommitDigest } from '@isoquorum/primitives/istanbul-seal';
import { qbftFrameOf, qbftMessageOf } from '../machines/qbft/qbft-frame.ts';
import type { Traitor, TraitorEnvironment } from '../machines/replica.ts';
import { garble, spoilBlock, twinBlock } from './spoilt-block.ts';

/** What all traitors of a network know together. */
export interface TraitorMemory {
  /** The last messages of everybody. */
  readonly seen: QbftMessage[];
  /** The other story of a block, one for each. */
  readonly twins: Map<Block, Block>;
  /** Who is told the other story, by view (`height round`). */
  readonly deceived: Map<string, ReadonlySet<number>>;
}

export function createTraitorMemory(): TraitorMemory {
  return { seen: [], twins: new Map(), deceived: new Map() };
}

/** Drops the oldest of many. */
function bound<Key>(map: Map<Key, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

export interface QbftTraitorOptions {
  /** Of all nodes, by index. */
  readonly addresses: readonly Address[];
  readonly signerOf: (address: Address) => SignDigest;
  readonly memory: TraitorMemory;
}

const half = { numerator: 1, denominator: 2 } as const;
const third = { numerator: 1, denominator: 3 } as const;
const tenth = { numerator: 1, denominator: 10 } as const;
const messagesKept = 400;

/** A Byzantine QBFT validator: an honest machine whose messages pass through here, and a voice of its own. */
export function createQbftTraitor(environment: TraitorEnvironment, options: QbftTraitorOptions): Traitor {
  const { chance, index, nodes } = environment;
  const { addresses, memory } = options;
  const address = addresses[index] as Address;
  const sign = options.signerOf(address);
  const can = new Set(environment.treasons);
  const say = (to: number, unsigned: UnsignedQbftMessage): void =>
    environment.send(to, qbftFrameOf(signQbftMessage(unsigned, sign)));
  const everybody = (): number[] => Array.from({ length: nodes }, (_, to) => to).filter((to) => to !== index);

  function remember(message: QbftMessage): void {
    const { seen } = memory;
    if (seen.includes(message)) return;
    seen.push(message);
    if (seen.length > messagesKept) seen.splice(0, messagesKept / 2);
  }

  function twinOf(block: Block): Block {
    const twin = memory.twins.get(block) ?? twinBlock(block, chance);
    memory.twins.set(block, twin);
    bound(memory.twins, 16);
    return twin;
  }

  function isDeceived(to: number, { height, round }: QbftMessage): boolean {
    const key = `${height} ${round}`;
    const deceived = memory.deceived.get(key) ?? new Set(chance.some(everybody(), half));
    memory.deceived.set(key, deceived);
    bound(memory.deceived, 64);
    return deceived.has(to);
  }

  /** The last proposal of a view that the traitors know of. */
  function proposalOf(height: number, round: number): Block | undefined {
    const found = memory.seen.findLast(
      (other) => other.type === 'prePrepare' && other.height === height && other.round === round,
    );
    return found?.type === 'prePrepare' ? found.block : undefined;
  }

  /** PREPARE and COMMIT for a block, whatever was said before. */
  function endorse(to: number, block: Block, height: number, round: number): void {
    const digest = blockHash(block);
    say(to, { type: 'prepare', height, round, digest });
    const sealRound = can.has('badSeal') && chance.hits(third) ? round + 1 : round;
    say(to, { type: 'commit', height, round, digest, sealDigest: qbftCommitDigest(block.header, sealRound) });
  }

  /** A certificate out of what is at hand: stale PREPAREs, one's own several times, those for another block. */
  function forgeRoundChange(message: Extract<QbftMessage, { type: 'roundChange' }>): UnsignedQbftMessage {
    const { height, round } = message;
    const prepares = memory.seen.flatMap((other) =>
      other.type === 'prepare' && other.height === height && other.round < Math.max(round, 1) ? [other] : [],
    );
    const block = proposalOf(height, Math.max(0, round - 1)) ?? message.block;
    const own = block && { type: 'prepare' as const, height, round: 0, digest: blockHash(block) };
    const signed = own && signQbftMessage(own, sign);
    const copies = signed?.type === 'prepare' ? Array.from({ length: nodes }, () => signed) : [];
    const used = chance.hits(half) ? prepares : copies;
    const digest = used[0]?.digest ?? (block && blockHash(block)) ?? new Uint8Array(32);
    const prepared = { round: used[0]?.round ?? 0, digest };
    return { type: 'roundChange', height, round, prepared, block: block && twinOf(block), prepares: used };
  }

  /** The other story of a message. */
  function twist(message: QbftMessage): UnsignedQbftMessage | undefined {
    const { height, round } = message;
    switch (message.type) {
      case 'prePrepare': {
        if (can.has('invalidBlock') && chance.hits(third))
          return { ...message, block: spoilBlock(message.block, 'rules', chance) };
        if (can.has('forgedValidators') && chance.hits(third))
          return { ...message, block: spoilBlock(message.block, 'validators', chance) };
        if (can.has('strangerVote') && chance.hits(half))
          return { ...message, block: spoilBlock(message.block, 'vote', chance) };
        if (can.has('forgedCertificate') && round > 0 && chance.hits(half))
          return {
            ...message,
            block: twinOf(message.block),
            roundChanges: message.roundChanges.slice(1),
            prepares: [],
          };
        return can.has('equivocate') ? { ...message, block: twinOf(message.block) } : undefined;
      }
      case 'prepare':
      case 'commit': {
        if (!can.has('equivocate')) return undefined;
        const block = proposalOf(height, round);
        const rival = block && twinOf(block);
        const digest = rival === undefined ? new Uint8Array(32).fill(7) : blockHash(rival);
        if (message.type === 'prepare') return { ...message, digest };
        const sealDigest = rival === undefined ? digest : qbftCommitDigest(rival.header, round);
        return { type: 'commit', height, round, digest, sealDigest };
      }
      case 'roundChange':
        if (can.has('forgedCertificate')) return forgeRoundChange(message);
        return can.has('equivocate') ? { ...message, prepared: undefined, block: undefined, prepares: [] } : undefined;
    }
  }

  /** Things that belong to no message. */
  function mischief(message: QbftMessage, to: number): void {
    const { seen } = memory;
    const { height, round } = message;
    if (can.has('stale') && seen.length > 0 && chance.hits(third)) environment.send(to, qbftFrameOf(chance.pick(seen)));
    if (can.has('garbage') && chance.hits(tenth)) environment.send(to, garble(qbftFrameOf(message), chance));
    if (can.has('strangers') && chance.hits(third)) {
      const stranger = options.signerOf(chance.bytes(20));
      const change = { type: 'roundChange', height, round: round + 1, prepared: undefined } as const;
      environment.send(to, qbftFrameOf(signQbftMessage({ ...change, block: undefined, prepares: [] }, stranger)));
    }
    if (can.has('outOfTurn') && chance.hits(third)) {
      const block = proposalOf(height, round);
      if (block !== undefined)
        say(to, { type: 'prePrepare', height, round, block: twinOf(block), roundChanges: [], prepares: [] });
    }
    if (can.has('badSeal') && message.type === 'commit') {
      const content = { type: 'commit', height, round, digest: message.digest } as const;
      say(to, { ...content, sealDigest: new Uint8Array(32).fill(9) });
    }
  }

  return {
    outgoing(to, frame) {
      const message = qbftMessageOf(frame);
      if (message === undefined) return;
      remember(message);
      mischief(message, to);
      if (can.has('withhold') && chance.hits(third)) return;
      const other = isDeceived(to, message) ? twist(message) : undefined;
      if (other === undefined) environment.send(to, frame);
      else say(to, other);
    },
    incoming(from, frame) {
      const message = qbftMessageOf(frame);
      if (message === undefined) return;
      remember(message);
      if (!can.has('echo') || !chance.hits(half)) return;
      const { height, round } = message;
      if (message.type === 'roundChange') {
        say(from, { type: 'roundChange', height, round, prepared: undefined, block: undefined, prepares: [] });
        return;
      }
      const block = message.type === 'prePrepare' ? message.block : proposalOf(height, round);
      if (block !== undefined)
        for (const to of chance.hits(half) ? everybody() : [from]) endorse(to, block, height, round);
    },
  };
}
