import { verifyQbftHeader } from '@isoquorum/consensus/qbft/header';
import type { PrepareMessage, QbftMessage, RoundChangePayload } from '@isoquorum/consensus/qbft/message';
import { qbftSigner } from '@isoquorum/consensus/qbft/signing';
import { sortValidators } from '@isoquorum/consensus/validator-set';
import { type Block, blockHash } from '@isoquorum/primitives/block';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, bytesToBareHex } from '@isoquorum/primitives/hex';
import type { BftView, SignedClaim } from '../../checks/bft-view.ts';
import { BftWitness } from '../../checks/bft-witness.ts';
import { createQbftTraitor, createTraitorMemory } from '../../traitors/qbft-traitor.ts';
import { BLOCK_PERIOD_MS, createBftGenesis, type QuorumRule, ROUND_MS_MAX } from '../bft-genesis.ts';
import { blockOf, nextStateRoot } from '../chain-of-headers.ts';
import { addressOf, createFakeSigner, recoverFake } from '../fake-signatures.ts';
import type { MachineNetwork } from '../replica.ts';
import { productQbftParts, QbftReplica, type QbftParts } from './qbft-replica.ts';
import { qbftMessageOf } from './qbft-frame.ts';

export interface QbftNetworkOptions {
  readonly nodes: number;
  readonly quorumRule?: QuorumRule;
  /** The product's, unless a fault is planted. */
  readonly parts?: QbftParts;
  /** Whether accepted messages are passed on, as nodes do; costs the cube of the number of nodes. */
  readonly isRelaying?: boolean;
}

/** The chain's quorum, stated once more for the checker. */
function quorumFor(nodes: number, rule: QuorumRule): number {
  const faults = Math.ceil(nodes / 3) - 1;
  return rule === '2F+1' ? 2 * faults + 1 : Math.ceil((2 * nodes) / 3);
}

function claimOf(message: PrepareMessage | RoundChangePayload): SignedClaim {
  const { height, round } = message;
  const prepared = message.type === 'roundChange' ? message.prepared : undefined;
  const digest = message.type === 'prepare' ? message.digest : prepared?.digest;
  return {
    signer: qbftSigner(message, recoverFake),
    height,
    round,
    digest: digest && bytesToBareHex(digest),
    preparedRound: prepared?.round,
  };
}

function viewOf(message: QbftMessage): BftView {
  const { type, height, round } = message;
  const common = { type, signer: qbftSigner(message, recoverFake), height, round } as const;
  const none = { preparedRound: undefined, prepares: [], roundChanges: [] };
  switch (message.type) {
    case 'prePrepare':
      return {
        ...common,
        digest: bytesToBareHex(blockHash(message.block)),
        preparedRound: undefined,
        prepares: message.prepares.map(claimOf),
        roundChanges: message.roundChanges.map(claimOf),
      };
    case 'roundChange':
      return { ...common, ...claimOf(message), prepares: message.prepares.map(claimOf), roundChanges: [] };
    default:
      return { ...common, ...none, digest: bytesToBareHex(message.digest) };
  }
}

/** QBFT machines with signatures that cost nothing. */
export function createQbftNetwork(options: QbftNetworkOptions): MachineNetwork {
  const { nodes, quorumRule = 'ceil2N/3' } = options;
  const genesis = createBftGenesis({ nodes, quorumRule });
  const addresses = Array.from({ length: nodes }, (_, index) => addressOf(index));
  const memory = createTraitorMemory();
  const replicaOptions = { parts: options.parts ?? productQbftParts, isRelaying: options.isRelaying ?? true };
  return {
    blockPeriodMs: BLOCK_PERIOD_MS,
    recoveryPeriods: (4 * ROUND_MS_MAX) / BLOCK_PERIOD_MS,
    createReplica: (environment) => new QbftReplica(environment, genesis, replicaOptions),
    createTraitor: (environment) => createQbftTraitor(environment, { addresses, signerOf: createFakeSigner, memory }),
    createWitness(report) {
      const headers = [genesis.header];
      const rules = { profile: 'strict', config: genesis.config, recover: recoverFake, nowSeconds: undefined } as const;
      return new BftWitness(
        {
          validators: sortValidators(addresses),
          quorum: quorumFor(nodes, quorumRule),
          isJustified: true,
          read(frame) {
            const message = qbftMessageOf(frame);
            return message && viewOf(message);
          },
          verifyBlock(number, bytes) {
            const { header } = blockOf(bytes) as Block;
            const parent = headers[number - 1];
            verifyQbftHeader(header, parent, addresses, { ...rules, seals: 'checked' });
            if (parent !== undefined && !bytesEqual(header.stateRoot, nextStateRoot(parent.stateRoot)))
              throw new IsoquorumError('STATE_ROOT_MISMATCH', 'invalid merkle root', { number });
            headers[number] ??= header;
          },
          authorOf: (bytes) => (blockOf(bytes) as Block).header.coinbase,
        },
        report,
      );
    },
  };
}
