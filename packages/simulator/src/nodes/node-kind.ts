import type { RaftAddress } from '@isoquorum/consensus/raft/cluster-state';
import { createRecoverCache } from '@isoquorum/consensus/recover-cache';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { RecoverAddress, SignDigest } from '@isoquorum/consensus/recover';
import type { NodeOptions } from '@isoquorum/node/node-options';
import type { Address } from '@isoquorum/primitives/bytes';
import type { Block } from '@isoquorum/primitives/block';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import type { Genesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesEqual, bytesToBareHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToNumber } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress, nodeKeyToNodeId } from '@isoquorum/primitives/node-key';
import { signDigestBytes } from '@isoquorum/primitives/secp256k1';
import { CliqueWitness } from '../checks/clique-witness.ts';
import { createBftWitness, type WitnessedProtocol, witnessed } from '../checks/create-bft-witness.ts';
import type { ConsensusName } from '../consensus-names.ts';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import { type BftKind, ibftKind, qbftKind } from '../machines/bft/bft-kind.ts';
import { createFrameReader } from '../machines/bft/frame-reader.ts';
import type { Report, Traitor, TraitorEnvironment, Witness } from '../machines/replica.ts';
import { createBftTraitor, createTraitorMemory } from '../traitors/bft-traitor.ts';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import { type Transition, turningPoints } from './node-genesis.ts';
import { VALIDATOR_CONTRACT } from './validator-contract.ts';

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
  /** Of all nodes, the newcomer behind those who decide at first. */
  readonly nodeKeys: readonly Uint8Array[];
  /** How many decide at first. */
  readonly validators: number;
  readonly genesis: Genesis;
  readonly transitions: readonly Transition[];
  readonly quorumRule: QuorumRule;
}

/** What traitors and checkers of one protocol share. */
interface Party {
  readonly protocol: WitnessedProtocol;
  createTraitor(environment: TraitorEnvironment): Traitor;
}

function createParty<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
>(kind: BftKind<State, Message, Unsigned, Record>, nodeKeys: readonly Uint8Array[], recover: RecoverAddress): Party {
  const { protocol, forger } = kind;
  const frames = createFrameReader(protocol);
  const addresses = nodeKeys.map(nodeKeyToAddress);
  const keys = new Map(nodeKeys.map((key, index) => [bytesToBareHex(addresses[index] as Address), key]));
  const memory = createTraitorMemory<Message>();
  // A stranger has a key, too, though not that of the address that it goes by.
  const signerOf = (address: Address): SignDigest => {
    const key = keys.get(bytesToBareHex(address)) ?? keccak256(address);
    return (digest) => signDigestBytes(digest, key);
  };
  return {
    protocol: witnessed(kind, frames, recover),
    createTraitor: (environment) =>
      createBftTraitor(environment, { protocol, frames, forger, addresses, signerOf, memory }),
  };
}

/** One traitor for chains that change their protocol: each hears the frames of its own. */
function createTurncoat(parties: readonly Party[], environment: TraitorEnvironment): Traitor {
  const traitors = parties.map((party) => {
    const chance = environment.chance.fork(party.protocol.algorithm);
    return { protocol: party.protocol, traitor: party.createTraitor({ ...environment, chance }) };
  });
  const whoReads = (frame: Uint8Array): Traitor | undefined =>
    traitors.find(({ protocol }) => protocol.read(frame) !== undefined)?.traitor;
  return {
    outgoing: (to, frame) => whoReads(frame)?.outgoing(to, frame),
    incoming: (from, frame) => whoReads(frame)?.incoming(from, frame),
  };
}

/** Who decides after a block by the word of the contract, which the checker reads from the calls in the blocks. */
function createContractReader(
  from: number,
  list: readonly Address[],
  validators: number,
): (block: Block) => readonly Address[] | undefined {
  const contract = hexToBytes(VALIDATOR_CONTRACT);
  let count = validators;
  return ({ header, transactions }) => {
    for (const { to, data } of transactions)
      if (to !== undefined && bytesEqual(to, contract)) count = bytesToNumber(data.slice(28));
    return header.number < from ? undefined : list.slice(0, count);
  };
}

function createBft(options: NodeKindOptions, algorithms: readonly BftAlgorithm[], firstBlock: number): NodeKind {
  const { nodeKeys, genesis, quorumRule, validators, transitions, consensus } = options;
  const recover = createRecoverCache(20_000);
  const kinds = algorithms.map((algorithm) => (algorithm === 'qbft' ? qbftKind : ibftKind));
  const parties = algorithms.map((algorithm) =>
    algorithm === 'qbft' ? createParty(qbftKind, nodeKeys, recover) : createParty(ibftKind, nodeKeys, recover),
  );
  const addresses = nodeKeys.map(nodeKeyToAddress);
  const { contract } = turningPoints(consensus, transitions);
  return {
    recoveryPeriods: Math.max(...kinds.map(({ recoveryPeriods }) => recoveryPeriods)),
    isFinal: true,
    optionsOf: () => ({}),
    createTraitor: (environment) => createTurncoat(parties, environment),
    createWitness: (report, traitors) =>
      createBftWitness({
        protocols: parties.map(({ protocol }) => protocol),
        config: genesis.config,
        genesisHeader: createGenesisBlock(genesis).block.header,
        addresses,
        validators: addresses.slice(0, validators),
        firstBlock,
        namedAfter: contract === undefined ? undefined : createContractReader(contract, addresses, validators),
        quorumRule,
        recover,
        report,
        traitors,
      }),
  };
}

/** A node as a member of the cluster. */
export function raftMemberOf(nodeKey: Uint8Array, index: number): RaftAddress {
  return {
    raftId: index + 1,
    nodeId: nodeKeyToNodeId(nodeKey),
    host: '127.0.0.1',
    p2pPort: 30_303 + index,
    raftPort: 50_401 + index,
  };
}

function createRaft(options: NodeKindOptions): NodeKind {
  const { nodeKeys, validators, consensus, transitions } = options;
  const members = nodeKeys.slice(0, validators).map(raftMemberOf);
  const { qbft } = turningPoints(consensus, transitions);
  const later = qbft === undefined ? undefined : createBft(options, ['qbft'], qbft);
  return {
    recoveryPeriods: later?.recoveryPeriods ?? 30,
    isFinal: true,
    optionsOf: (index) => ({ raft: { raftId: index + 1, members: index < validators ? members : [] } }),
    createTraitor: () => undefined,
    createWitness: (report, traitors) => later?.createWitness(report, traitors),
  };
}

function createClique({ genesis, nodeKeys, validators }: NodeKindOptions): NodeKind {
  const { hash, block } = createGenesisBlock(genesis);
  const recover = createRecoverCache(20_000);
  return {
    recoveryPeriods: 60,
    isFinal: false,
    optionsOf: () => ({}),
    createTraitor: () => undefined,
    createWitness: (report) =>
      new CliqueWitness({
        genesisHash: bytesToBareHex(hash),
        genesisTimestamp: block.header.timestamp,
        signers: nodeKeys.slice(0, validators).map(nodeKeyToAddress),
        periodSeconds: 1n,
        recover,
        report,
      }),
  };
}

export function createNodeKind(options: NodeKindOptions): NodeKind {
  switch (options.consensus) {
    case 'qbft':
      return createBft(options, ['qbft'], 1);
    case 'ibft': {
      const { qbft } = turningPoints('ibft', options.transitions);
      return createBft(options, qbft === undefined ? ['ibft'] : ['ibft', 'qbft'], 1);
    }
    case 'raft':
      return createRaft(options);
    case 'clique':
      return createClique(options);
  }
}
