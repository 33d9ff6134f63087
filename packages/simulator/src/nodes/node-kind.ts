import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { SignDigest } from '@isoquorum/consensus/recover';
import type { NodeOptions } from '@isoquorum/node/create-node';
import type { Address } from '@isoquorum/primitives/bytes';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress, nodeKeyToNodeId } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { createBftWitness } from '../checks/create-bft-witness.ts';
import type { ConsensusName } from '../consensus-names.ts';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import { type BftKind, ibftKind, qbftKind } from '../machines/bft/bft-kind.ts';
import { createFrameReader } from '../machines/bft/frame-reader.ts';
import type { Report, Traitor, TraitorEnvironment, Witness } from '../machines/replica.ts';
import { createBftTraitor, createTraitorMemory } from '../traitors/bft-traitor.ts';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';

/** What the kinds of consensus differ in when whole nodes run them. */
export interface NodeKind {
  readonly recoveryPeriods: number;
  /** Blocks are final as soon as they are the head. */
  readonly isFinal: boolean;
  /** What a node is told besides its genesis. */
  readonly optionsOf: (index: number) => Partial<NodeOptions>;
  createTraitor(environment: TraitorEnvironment): Traitor | undefined;
  /** @param traitors nodes that are, by index */
  createWitness(report: Report, traitors: ReadonlySet<number>): Witness | undefined;
}

export interface NodeKindOptions {
  readonly consensus: ConsensusName;
  readonly nodeKeys: readonly Uint8Array[];
  readonly genesis: Genesis;
  readonly quorumRule: QuorumRule;
}

function createBft<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(kind: BftKind<State, Message, Unsigned, Record>, options: NodeKindOptions): NodeKind {
  const { nodeKeys, genesis, quorumRule } = options;
  const { protocol, forger } = kind;
  const frames = createFrameReader(protocol);
  const addresses = nodeKeys.map(nodeKeyToAddress);
  const keys = new Map(nodeKeys.map((key, index) => [bytesToBareHex(addresses[index] as Address), key]));
  const memory = createTraitorMemory<Message>();
  const recover = createRecoverCache(20_000);
  // A stranger has a key, too, though not that of the address that it goes by.
  const signerOf = (address: Address): SignDigest => {
    const key = keys.get(bytesToBareHex(address)) ?? keccak256(address);
    return (digest) => signDigestBytes(digest, key);
  };
  return {
    recoveryPeriods: kind.recoveryPeriods,
    isFinal: true,
    optionsOf: () => ({}),
    createTraitor: (environment) =>
      createBftTraitor(environment, { protocol, frames, forger, addresses, signerOf, memory }),
    createWitness: (report, traitors) =>
      createBftWitness(kind, {
        frames,
        config: genesis.config,
        genesisHeader: createGenesisBlock(genesis).block.header,
        addresses,
        quorumRule,
        recover,
        report,
        traitors,
      }),
  };
}

function createRaft({ nodeKeys }: NodeKindOptions): NodeKind {
  const members = nodeKeys.map(
    (nodeKey, index): RaftAddress => ({
      raftId: index + 1,
      nodeId: nodeKeyToNodeId(nodeKey),
      host: '127.0.0.1',
      p2pPort: 30_303 + index,
      raftPort: 50_401 + index,
    }),
  );
  return {
    recoveryPeriods: 30,
    isFinal: true,
    optionsOf: (index) => ({ raft: { raftId: index + 1, members } }),
    createTraitor: () => undefined,
    createWitness: () => undefined,
  };
}

const clique: NodeKind = {
  recoveryPeriods: 60,
  isFinal: false,
  optionsOf: () => ({}),
  createTraitor: () => undefined,
  createWitness: () => undefined,
};

export function createNodeKind(options: NodeKindOptions): NodeKind {
  switch (options.consensus) {
    case 'qbft':
      return createBft(qbftKind, options);
    case 'ibft':
      return createBft(ibftKind, options);
    case 'raft':
      return createRaft(options);
    case 'clique':
      return clique;
  }
}
