import type { SignDigest } from '@isoquorum/consensus/recover';
import type { Block } from '@isoquorum/primitives/block';
import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Chance } from '../core/chance.ts';

/** A height and a round. */
export interface ViewPoint {
  readonly height: number;
  readonly round: number;
}

/** What a block can be spoilt in: the header rules, its list of validators, or (which is no fault of the block) a vote for a stranger. */
export type Spoilage = 'rules' | 'validators' | 'vote';

/** Makes what a traitor wants to say in one protocol; it signs with keys that it has. */
export interface Forger<Message, Unsigned> {
  /** The block that a PRE-PREPARE proposes, and the digest of any other message. */
  blockIn(message: Message): Block | undefined;
  digestIn(message: Message): Hash32 | undefined;
  /** The same message for another block; undefined where it is about none. */
  withBlock(message: Message, block: Block, self: Address): Unsigned | undefined;
  /** A proposal out of nothing, without what would justify it. */
  propose(view: ViewPoint, block: Block, self: Address): Unsigned;
  prepare(view: ViewPoint, digest: Hash32, self: Address): Unsigned;
  /** A COMMIT whose seal is over another digest if one is given. */
  commit(view: ViewPoint, block: Block, self: Address, sealDigest?: Hash32): Unsigned;
  /** A ROUND-CHANGE that says nothing of what was prepared. */
  askForRound(view: ViewPoint, self: Address): Unsigned;
  /** A ROUND-CHANGE that claims what is not so, from what is at hand. */
  forgeCertificate(message: Message, material: CertificateMaterial<Message>): Unsigned | undefined;
  /** A proposal without a part of its justification. */
  withoutJustification(message: Message, block: Block): Unsigned | undefined;
  /** Another block that is as good as the first, if `sign` is its author's. */
  twin(block: Block, chance: Chance, sign: SignDigest): Block;
  spoil(block: Block, how: Spoilage, chance: Chance, sign: SignDigest): Block;
}

/** What a traitor can build a certificate of. */
export interface CertificateMaterial<Message> {
  readonly seen: readonly Message[];
  readonly block: Block | undefined;
  readonly chance: Chance;
  readonly nodes: number;
  readonly sign: SignDigest;
}
