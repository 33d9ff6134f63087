import { bftAuthor, bftCommitters, verifyBftHeader } from '@isoquorum/consensus/header';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { orderValidators } from '@isoquorum/consensus/validator-set';
import { zeroAddress } from '@isoquorum/primitives/address';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import type { BftKind } from '../machines/bft/bft-kind.ts';
import { blockOf } from '../machines/bft/chain-of-headers.ts';
import type { FrameReader } from '../machines/bft/frame-reader.ts';
import type { Report } from '../machines/replica.ts';
import { BftWitness } from './bft-witness.ts';

export interface BftWitnessOptions<Message> {
  readonly frames: FrameReader<Message>;
  readonly config: ChainConfig;
  readonly genesisHeader: Header;
  /** Of the validators, by index of their nodes. */
  readonly addresses: readonly Address[];
  readonly quorumRule: QuorumRule;
  readonly recover: RecoverAddress;
  /** What else must hold between a header and its parent; throws what is wrong. */
  readonly verifyState?: (header: Header, parent: Header) => void;
  readonly report: Report;
  /** Nodes that are, by index. */
  readonly traitors: ReadonlySet<number>;
}

/** The chain's quorum, stated once more for the checker. */
function quorumFor(nodes: number, rule: QuorumRule): number {
  const faults = Math.ceil(nodes / 3) - 1;
  return rule === '2F+1' ? 2 * faults + 1 : Math.ceil((2 * nodes) / 3);
}

function headerOf(bytes: Uint8Array): Header {
  const block = blockOf(bytes);
  if (block === undefined) throw new IsoquorumError('BLOCK_UNREADABLE', 'no block', {});
  return block.header;
}

/** The witness of a BFT network whose validators stay those of the genesis. */
export function createBftWitness<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(kind: BftKind<State, Message, Unsigned, Record>, options: BftWitnessOptions<Message>): BftWitness {
  const { frames, config, addresses, recover } = options;
  const headers = [options.genesisHeader];
  const rules = { profile: 'strict', config, recover, nowSeconds: undefined } as const;
  return new BftWitness(
    {
      addresses,
      validators: orderValidators(addresses, kind.protocol.algorithm),
      quorum: quorumFor(addresses.length, options.quorumRule),
      isJustified: kind.isJustified,
      read(frame) {
        const message = frames.messageOf(frame);
        return message && kind.viewOf(message, recover);
      },
      verifyBlock(number, bytes) {
        const header = headerOf(bytes);
        const parent = headers[number - 1];
        verifyBftHeader(header, parent, addresses, { ...rules, seals: 'checked' });
        if (parent !== undefined) options.verifyState?.(header, parent);
        headers[number] ??= header;
      },
      authorOf: (bytes) => bftAuthor(headerOf(bytes), config, recover) ?? zeroAddress,
      sealersOf: (bytes) => bftCommitters(headerOf(bytes), config, recover).filter((sealer) => sealer !== undefined),
    },
    options.report,
    options.traitors,
  );
}
