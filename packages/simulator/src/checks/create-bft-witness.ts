import { bftAuthor, bftCommitters, headerVote, verifyBftHeader } from '@isoquorum/consensus/header';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import { orderValidators } from '@isoquorum/consensus/validator-set';
import { zeroAddress } from '@isoquorum/primitives/address';
import type { Block } from '@isoquorum/primitives/block';
import type { Address } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { type BftAlgorithm, bftAlgorithmAt } from '@isoquorum/primitives/genesis/bft-config';
import type { ChainConfig } from '@isoquorum/primitives/genesis/chain-config';
import type { Header } from '@isoquorum/primitives/header';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import type { BftKind } from '../machines/bft/bft-kind.ts';
import { blockOf } from '../machines/bft/chain-of-headers.ts';
import type { FrameReader } from '../machines/bft/frame-reader.ts';
import type { Report } from '../machines/replica.ts';
import type { BftView } from './bft-view.ts';
import { BftWitness, type HeightRules } from './bft-witness.ts';
import { ValidatorSets } from './validator-sets.ts';

/** One protocol as the checker reads it. */
export interface WitnessedProtocol {
  readonly algorithm: BftAlgorithm;
  readonly isJustified: boolean;
  /** The message in a frame; undefined for garbage, and for a frame of another protocol. */
  read(frame: Uint8Array): BftView | undefined;
}

export function witnessed<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(
  kind: BftKind<State, Message, Unsigned, Record>,
  frames: FrameReader<Message>,
  recover: RecoverAddress,
): WitnessedProtocol {
  return {
    algorithm: kind.protocol.algorithm,
    isJustified: kind.isJustified,
    read(frame) {
      const message = frames.messageOf(frame);
      return message && kind.viewOf(message, recover);
    },
  };
}

export interface BftWitnessOptions {
  /** Those that the chain goes by, one after the other. */
  readonly protocols: readonly WitnessedProtocol[];
  readonly config: ChainConfig;
  readonly genesisHeader: Header;
  /** Of the nodes, by index. */
  readonly addresses: readonly Address[];
  /** Those who decide the first block of these protocols. */
  readonly validators: readonly Address[];
  /** The first block of these protocols; 1 unless told. */
  readonly firstBlock?: number | undefined;
  /** Who decides after a block, where something else than votes says so. */
  readonly namedAfter?: ((block: Block) => readonly Address[] | undefined) | undefined;
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

function readBlock(bytes: Uint8Array): Block {
  const block = blockOf(bytes);
  if (block === undefined) throw new IsoquorumError('BLOCK_UNREADABLE', 'no block', {});
  return block;
}

/** The witness of a BFT network. */
export function createBftWitness(options: BftWitnessOptions): BftWitness {
  const { config, addresses, recover, firstBlock = 1 } = options;
  const headers: (Header | undefined)[] = [options.genesisHeader];
  const rules = { profile: 'strict', config, recover, nowSeconds: undefined } as const;
  const sets = new ValidatorSets(firstBlock, options.validators);
  const known = new Map<number, HeightRules>();

  function rulesAt(height: number): HeightRules | undefined {
    const found = known.get(height);
    const validators = sets.at(height);
    if (found !== undefined || validators === undefined) return found;
    const algorithm = bftAlgorithmAt(config, height);
    const protocol = options.protocols.find((candidate) => candidate.algorithm === algorithm);
    if (protocol === undefined) return undefined;
    const made: HeightRules = {
      validators: orderValidators(validators, protocol.algorithm),
      known: new Set(validators.map(bytesToBareHex)),
      quorum: quorumFor(validators.length, options.quorumRule),
      isJustified: protocol.isJustified,
    };
    known.set(height, made);
    return made;
  }

  const authorOf = (header: Header): Address => bftAuthor(header, config, recover) ?? zeroAddress;

  return new BftWitness(
    {
      addresses,
      firstBlock,
      rulesAt,
      read(frame) {
        for (const protocol of options.protocols) {
          const view = protocol.read(frame);
          if (view !== undefined) return view;
        }
        return undefined;
      },
      learn(number, bytes) {
        headers[number] ??= readBlock(bytes).header;
      },
      verifyBlock(number, bytes) {
        const block = readBlock(bytes);
        const { header } = block;
        const parent = headers[number - 1];
        const validators = rulesAt(number)?.validators ?? [];
        verifyBftHeader(header, parent, validators, { ...rules, seals: 'checked' });
        if (parent !== undefined) options.verifyState?.(header, parent);
        headers[number] ??= header;
        const vote = headerVote(header, config);
        sets.add(number, { author: authorOf(header), vote, named: options.namedAfter?.(block) });
      },
      authorOf: (bytes) => authorOf(readBlock(bytes).header),
      sealersOf: (bytes) =>
        bftCommitters(readBlock(bytes).header, config, recover).filter((sealer) => sealer !== undefined),
    },
    options.report,
    options.traitors,
  );
}
