import { bftAuthor, bftCommitters, verifyBftHeader } from '@isoquorum/consensus/header';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import { orderValidators } from '@isoquorum/consensus/validator-set';
import type { Block } from '@isoquorum/primitives/block';
import { zeroAddress } from '@isoquorum/primitives/address';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { BftWitness } from '../../checks/bft-witness.ts';
import { createBftTraitor, createTraitorMemory } from '../../traitors/bft-traitor.ts';
import { addressOf, createFakeSigner, recoverFake } from '../fake-signatures.ts';
import type { MachineNetwork } from '../replica.ts';
import { BLOCK_PERIOD_MS, createBftGenesis, type QuorumRule, ROUND_MS_MAX } from './bft-genesis.ts';
import type { BftKind } from './bft-kind.ts';
import { BftReplica, type VerifyProposal } from './bft-replica.ts';
import { blockOf, nextStateRoot } from './chain-of-headers.ts';
import { createFrameReader } from './frame-reader.ts';

export interface BftNetworkOptions {
  readonly nodes: number;
  readonly quorumRule?: QuorumRule;
  /** As nodes do, and the default: pass accepted messages on. */
  readonly isRelaying?: boolean;
  /** For planted faults. */
  readonly verify?: VerifyProposal | undefined;
}

/** The chain's quorum, stated once more for the checker. */
function quorumFor(nodes: number, rule: QuorumRule): number {
  const faults = Math.ceil(nodes / 3) - 1;
  return rule === '2F+1' ? 2 * faults + 1 : Math.ceil((2 * nodes) / 3);
}

const headerOf = (bytes: Uint8Array): Block['header'] => (blockOf(bytes) as Block).header;

/** BFT machines with signatures that cost nothing. Another protocol in `kind` than the product's makes a planted fault. */
export function createBftNetwork<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(kind: BftKind<State, Message, Unsigned, Record>, options: BftNetworkOptions): MachineNetwork {
  const { nodes, quorumRule = 'ceil2N/3', isRelaying = true, verify } = options;
  const { protocol } = kind;
  const genesis = createBftGenesis({ algorithm: protocol.algorithm, nodes, quorumRule });
  const addresses = Array.from({ length: nodes }, (_, index) => addressOf(index));
  const memory = createTraitorMemory<Message>();
  const frames = createFrameReader(protocol);
  return {
    blockPeriodMs: BLOCK_PERIOD_MS,
    recoveryPeriods: (4 * ROUND_MS_MAX) / BLOCK_PERIOD_MS,
    createReplica: (environment) => new BftReplica(environment, { protocol, frames, genesis, isRelaying, verify }),
    createTraitor: (environment) =>
      createBftTraitor(environment, {
        protocol,
        frames,
        forger: kind.forger,
        addresses,
        signerOf: createFakeSigner,
        memory,
      }),
    createWitness(report, traitors) {
      const headers = [genesis.header];
      const rules = { profile: 'strict', config: genesis.config, recover: recoverFake, nowSeconds: undefined } as const;
      return new BftWitness(
        {
          addresses,
          validators: orderValidators(addresses, protocol.algorithm),
          quorum: quorumFor(nodes, quorumRule),
          isJustified: kind.isJustified,
          read(frame) {
            const message = frames.messageOf(frame);
            return message && kind.viewOf(message);
          },
          verifyBlock(number, bytes) {
            const header = headerOf(bytes);
            const parent = headers[number - 1];
            verifyBftHeader(header, parent, addresses, { ...rules, seals: 'checked' });
            if (parent !== undefined && !bytesEqual(header.stateRoot, nextStateRoot(parent.stateRoot)))
              throw new IsoquorumError('STATE_ROOT_MISMATCH', 'invalid merkle root', { number });
            headers[number] ??= header;
          },
          authorOf: (bytes) => bftAuthor(headerOf(bytes), genesis.config, recoverFake) ?? zeroAddress,
          sealersOf: (bytes) =>
            bftCommitters(headerOf(bytes), genesis.config, recoverFake).filter((sealer) => sealer !== undefined),
        },
        report,
        traitors,
      );
    },
  };
}
