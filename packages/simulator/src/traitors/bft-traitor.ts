import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { SignDigest } from '@isoquorum/consensus/recover';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { FrameReader } from '../machines/bft/frame-reader.ts';
import type { Traitor, TraitorEnvironment } from '../machines/replica.ts';
import type { Forger, ViewPoint } from './forger.ts';
import { garble } from './spoilt-header.ts';

/** What all traitors of a network know together. */
export interface TraitorMemory<Message> {
  /** The last messages of everybody. */
  readonly seen: Message[];
  /** The other story of a block, one for each. */
  readonly twins: Map<Block, Block>;
  /** Who is told the other story, by view (`height round`). */
  readonly deceived: Map<string, ReadonlySet<number>>;
}

export function createTraitorMemory<Message>(): TraitorMemory<Message> {
  return { seen: [], twins: new Map(), deceived: new Map() };
}

/** Drops the oldest of many. */
function bound<Key>(map: Map<Key, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

export interface BftTraitorOptions<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> {
  readonly protocol: BftProtocol<State, Message, Unsigned, Record>;
  readonly frames: FrameReader<Message>;
  readonly forger: Forger<Message, Unsigned>;
  /** Of all nodes, by index. */
  readonly addresses: readonly Address[];
  readonly signerOf: (address: Address) => SignDigest;
  readonly memory: TraitorMemory<Message>;
}

const half = { numerator: 1, denominator: 2 } as const;
const third = { numerator: 1, denominator: 3 } as const;
const tenth = { numerator: 1, denominator: 10 } as const;
const messagesKept = 400;

/** A Byzantine validator: an honest machine whose messages pass through here, and a voice of its own. */
export function createBftTraitor<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(environment: TraitorEnvironment, options: BftTraitorOptions<State, Message, Unsigned, Record>): Traitor {
  const { chance, index, nodes } = environment;
  const { addresses, memory, protocol, frames, forger } = options;
  const self = addresses[index] as Address;
  const sign = options.signerOf(self);
  const can = new Set(environment.treasons);
  const everybody = Array.from({ length: nodes }, (_, to) => to).filter((to) => to !== index);

  const say = (to: number, unsigned: Unsigned | undefined): void => {
    if (unsigned !== undefined) environment.send(to, frames.frameOf(protocol.sign(unsigned, sign)));
  };

  function remember(message: Message): void {
    const { seen } = memory;
    if (seen.includes(message)) return;
    seen.push(message);
    if (seen.length > messagesKept) seen.splice(0, messagesKept / 2);
  }

  function twinOf(block: Block): Block {
    const twin = memory.twins.get(block) ?? forger.twin(block, chance, sign);
    memory.twins.set(block, twin);
    bound(memory.twins, 16);
    return twin;
  }

  function isDeceived(to: number, { height, round }: Message): boolean {
    const key = `${height} ${round}`;
    const deceived = memory.deceived.get(key) ?? new Set(chance.some(everybody, half));
    memory.deceived.set(key, deceived);
    bound(memory.deceived, 64);
    return deceived.has(to);
  }

  /** The last proposal of a view that the traitors know of. */
  function proposalOf(height: number, round: number): Block | undefined {
    const found = memory.seen.findLast(
      (other) => other.type === 'prePrepare' && other.height === height && other.round === round,
    );
    return found && forger.blockIn(found);
  }

  /** PREPARE and COMMIT for a block, whatever was said before. */
  function endorse(to: number, block: Block, digest: Hash32, view: ViewPoint): void {
    say(to, forger.prepare(view, digest, self));
    const isBad = can.has('badSeal') && chance.hits(third);
    say(to, forger.commit(view, block, self, isBad ? chance.bytes(32) : undefined));
  }

  /** The other story of a proposal. */
  function twistProposal(message: Message, block: Block): Unsigned | undefined {
    if (can.has('invalidBlock') && chance.hits(third))
      return forger.withBlock(message, forger.spoil(block, 'rules', chance, sign), self);
    if (can.has('forgedValidators') && chance.hits(third))
      return forger.withBlock(message, forger.spoil(block, 'validators', chance, sign), self);
    if (can.has('strangerVote') && chance.hits(half))
      return forger.withBlock(message, forger.spoil(block, 'vote', chance, sign), self);
    if (can.has('forgedCertificate') && chance.hits(half)) {
      const forged = forger.withoutJustification(message, twinOf(block));
      if (forged !== undefined) return forged;
    }
    return can.has('equivocate') ? forger.withBlock(message, twinOf(block), self) : undefined;
  }

  /** The other story of a message. */
  function twist(message: Message): Unsigned | undefined {
    const { height, round, type } = message;
    if (type === 'prePrepare') {
      const block = forger.blockIn(message);
      return block && twistProposal(message, block);
    }
    if (type === 'roundChange') {
      if (can.has('forgedCertificate')) {
        const known = proposalOf(height, Math.max(0, round - 1));
        const block = known && twinOf(known);
        return forger.forgeCertificate(message, { seen: memory.seen, block, chance, nodes, sign });
      }
      return can.has('equivocate') ? forger.askForRound({ height, round }, self) : undefined;
    }
    if (!can.has('equivocate')) return undefined;
    const block = proposalOf(height, round);
    return block && forger.withBlock(message, twinOf(block), self);
  }

  /** Things that belong to no message. */
  function mischief(message: Message, to: number): void {
    const { seen } = memory;
    const { height, round, type } = message;
    if (can.has('stale') && seen.length > 0 && chance.hits(third))
      environment.send(to, frames.frameOf(chance.pick(seen)));
    if (can.has('garbage') && chance.hits(tenth)) environment.send(to, garble(frames.frameOf(message), chance));
    if (can.has('strangers') && chance.hits(third)) {
      const stranger = chance.bytes(20);
      const change = forger.askForRound({ height, round: round + 1 }, stranger);
      environment.send(to, frames.frameOf(protocol.sign(change, options.signerOf(stranger))));
    }
    const block = proposalOf(height, round);
    if (block === undefined) return;
    if (can.has('outOfTurn') && chance.hits(third)) say(to, forger.propose({ height, round }, twinOf(block), self));
    if (can.has('badSeal') && type === 'commit')
      say(to, forger.commit({ height, round }, block, self, chance.bytes(32)));
  }

  return {
    outgoing(to, frame) {
      const message = frames.messageOf(frame);
      if (message === undefined) return;
      remember(message);
      mischief(message, to);
      if (can.has('withhold') && chance.hits(third)) return;
      const other = isDeceived(to, message) ? twist(message) : undefined;
      if (other === undefined) environment.send(to, frame);
      else say(to, other);
    },
    incoming(from, frame) {
      const message = frames.messageOf(frame);
      if (message === undefined) return;
      remember(message);
      if (!can.has('echo') || !chance.hits(half)) return;
      const { height, round, type } = message;
      if (type === 'roundChange') {
        say(from, forger.askForRound({ height, round }, self));
        return;
      }
      const block = forger.blockIn(message) ?? proposalOf(height, round);
      if (block === undefined) return;
      const digest = forger.digestIn(message) ?? blockHash(block);
      for (const to of chance.hits(half) ? everybody : [from]) endorse(to, block, digest, { height, round });
    },
  };
}
