import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual } from '@isoquorum/primitives/hex';
import { createBftWitness, witnessed } from '../../checks/create-bft-witness.ts';
import { createBftTraitor, createTraitorMemory } from '../../traitors/bft-traitor.ts';
import { addressOf, createFakeSigner, recoverFake } from '../fake-signatures.ts';
import type { MachineNetwork } from '../replica.ts';
import { BLOCK_PERIOD_MS, createBftGenesis, type QuorumRule } from './bft-genesis.ts';
import type { BftKind } from './bft-kind.ts';
import { BftReplica, type VerifyProposal } from './bft-replica.ts';
import { nextStateRoot } from './chain-of-headers.ts';
import { createFrameReader } from './frame-reader.ts';

export interface BftNetworkOptions {
  readonly nodes: number;
  readonly quorumRule?: QuorumRule;
  /** As nodes do, and the default: pass accepted messages on. */
  readonly isRelaying?: boolean;
  /** For planted faults. */
  readonly verify?: VerifyProposal | undefined;
}

/** BFT machines with signatures that cost nothing. Another protocol in `kind` than the product's makes a planted fault. */
export function createBftNetwork<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(kind: BftKind<State, Message, Unsigned, Record>, options: BftNetworkOptions): MachineNetwork {
  const { nodes, quorumRule = 'ceil2N/3', isRelaying = true, verify } = options;
  const { protocol, forger } = kind;
  const genesis = createBftGenesis({ algorithm: protocol.algorithm, nodes, quorumRule });
  // One more may come in.
  const addresses = Array.from({ length: nodes + 1 }, (_, index) => addressOf(index));
  const memory = createTraitorMemory<Message>();
  const frames = createFrameReader(protocol);
  const signerOf = createFakeSigner;
  return {
    blockPeriodMs: BLOCK_PERIOD_MS,
    recoveryPeriods: kind.recoveryPeriods,
    isLeftForGood: false,
    createReplica: (environment) => new BftReplica(environment, { protocol, frames, genesis, isRelaying, verify }),
    createTraitor: (environment) =>
      createBftTraitor(environment, { protocol, frames, forger, addresses, signerOf, memory }),
    createWitness: (report, traitors) =>
      createBftWitness({
        protocols: [witnessed(kind, frames, recoverFake)],
        validators: addresses.slice(0, nodes),
        config: genesis.config,
        genesisHeader: genesis.header,
        addresses,
        quorumRule,
        recover: recoverFake,
        report,
        traitors,
        verifyState(header, parent) {
          if (!bytesEqual(header.stateRoot, nextStateRoot(parent.stateRoot)))
            throw new IsoquorumError('STATE_ROOT_MISMATCH', 'invalid merkle root', { number: header.number });
        },
      }),
  };
}
