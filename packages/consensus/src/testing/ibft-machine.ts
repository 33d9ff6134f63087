import { type Block, blockHash } from '@isoquorum/primitives/block';
import { zeroHash } from '@isoquorum/primitives/header';
import { ibftCommitDigest, ibftProposerDigest, withIbftProposerSeal } from '@isoquorum/primitives/istanbul-seal';
import { prepareIbftHeader } from '../bft/prepare-header.ts';
import { proposerAt } from '../bft/turn.ts';
import type { IbftMessage, UnsignedIbftMessage } from '../ibft/message.ts';
import { ibftProtocol } from '../ibft/protocol.ts';
import type { IbftRecord, IbftState } from '../ibft/types.ts';
import type { Profile } from '../profile.ts';
import { addressOf, BftTestMachine } from './bft-test-machine.ts';
import { createFakeSigner } from './fake-signatures.ts';

/** One IBFT machine. */
export class IbftTestMachine extends BftTestMachine<IbftState, IbftMessage, UnsignedIbftMessage, IbftRecord> {
  constructor(self: string, profile: Profile = 'strict', letters = 'ABCD', isTwoFPlus1 = false) {
    super(ibftProtocol, { self, letters, profile }, { isTwoFPlus1 });
  }

  /** A new process with the disk of this one. */
  restarted(): IbftTestMachine {
    const { self, letters, profile } = this.seat;
    return new IbftTestMachine(self, profile, letters).startFrom(this);
  }

  /** Who proposes in a round. */
  proposer(round: number): string {
    const proposer = proposerAt(this.context, round);
    return String.fromCharCode(proposer?.[0] ?? 0);
  }

  block(author: string, salt = 0): Block {
    const { parent, validators } = this.context;
    const vanity = Uint8Array.of(salt);
    const options = { parent, validators, config: this.config, author: addressOf(author), nowSeconds: 0n, vanity };
    const header = prepareIbftHeader(options);
    const seal = createFakeSigner(addressOf(author))(ibftProposerDigest(header));
    return { header: withIbftProposerSeal(header, seal), transactions: [], uncles: [] };
  }

  propose(round: number, block: Block): IbftMessage {
    const letter = this.proposer(round);
    const { height } = this.context;
    return this.sign(letter, { type: 'prePrepare', height, round, sender: addressOf(letter), block });
  }

  vote(type: 'prepare' | 'commit', letter: string, round: number, block: Block): IbftMessage {
    const digest = blockHash(block);
    const sealDigest = type === 'commit' ? ibftCommitDigest(digest) : undefined;
    const { height } = this.context;
    return this.sign(letter, { type, height, round, sender: addressOf(letter), digest, sealDigest });
  }

  roundChange(letter: string, round: number): IbftMessage {
    const { height } = this.context;
    return this.sign(letter, { type: 'roundChange', height, round, sender: addressOf(letter), digest: zeroHash });
  }

  /** Votes of several, `ABD`. */
  hearVotes(type: 'prepare' | 'commit', letters: string, round: number, block: Block): this {
    return this.hear(...letters.split('').map((letter) => this.vote(type, letter, round, block)));
  }

  hearRoundChanges(letters: string, round: number): this {
    return this.hear(...letters.split('').map((letter) => this.roundChange(letter, round)));
  }

  /** A proposal that is found valid. */
  accept(round: number, block: Block): this {
    return this.hear(this.propose(round, block)).verified(block);
  }

  /** What was broadcast comes back signed, and what led to it is forgotten. */
  override loopBack(): this {
    const said = this.broadcasts();
    this.take();
    return this.hear(...said.map((message) => this.sign(this.seat.self, message)));
  }
}
