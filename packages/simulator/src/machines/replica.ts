import type { Chance } from '../core/chance.ts';
import type { Disk } from '../core/disk.ts';
import type { Pace } from '../run-scenario.ts';
import type { Treason } from '../faults/fault.ts';
import type { MembershipWish } from '../faults/membership-plan.ts';

/** What travels between replicas. Bytes are never changed, so that one decoding serves all who read them. */
export interface Packet {
  /** `consensus`: a frame of the engine; `block`: an encoded block; `ask`: 4 bytes, the number from which blocks are wanted. */
  readonly channel: 'consensus' | 'block' | 'ask';
  readonly bytes: Uint8Array;
}

/** A height and the hash of the block there (bare hex). */
export interface HeadPoint {
  readonly number: number;
  readonly hash: string;
  /** The encoded block; undefined at height 0. */
  readonly block: Uint8Array | undefined;
}

/** Who decides, as a replica sees it. */
export interface Standing {
  /** Grows with what the replica knows: of two, the one with more is right. */
  readonly progress: number;
  /** By index. */
  readonly members: readonly number[];
}

/** What a replica may touch: its clock, disk, links, and the ear of the checkers. Dead with the replica's life. */
export interface ReplicaEnvironment {
  readonly index: number;
  readonly nodes: number;
  readonly disk: Disk;
  readonly chance: Chance;
  /** Unix milliseconds by the node's own clock. */
  nowMs(): number;
  after(delayMs: number, run: () => void): () => void;
  send(to: number, packet: Packet): void;
  /** The chain has a new, durable head. */
  onHead(number: number, hash: string, block: Uint8Array): void;
  /** Something that no correct node does. */
  onViolation(text: string): void;
  /** The change of those who decide that the node's operator wants now. */
  wish(): MembershipWish | undefined;
}

/** One consensus machine with a chain: the driver's contract without the node around it. */
export interface Replica {
  /** Reads the disk and begins; answers where it stands. */
  start(): HeadPoint;
  receive(from: number, packet: Packet): void;
  peerConnected(index: number): void;
  standing(): Standing;
}

/** What a Byzantine validator is given: the real frames of an honest machine, everybody's ear, and its own key. */
export interface TraitorEnvironment {
  readonly index: number;
  readonly nodes: number;
  readonly treasons: readonly Treason[];
  readonly chance: Chance;
  /** Sends a frame of the engine as it is. */
  send(to: number, frame: Uint8Array): void;
}

/** Stands between an honest machine and the network. */
export interface Traitor {
  /** The machine would send this frame to `to`; the traitor sends what it likes. */
  outgoing(to: number, frame: Uint8Array): void;
  incoming(from: number, frame: Uint8Array): void;
}

/** Sees everything that is said and decided, and knows the rules by itself. */
export interface Witness {
  /** A node says a frame to somebody. */
  said(from: number, frame: Uint8Array, isTraitor: boolean): void;
  /** A node's chain has a new head. */
  head(node: number, number: number, hash: string, block: Uint8Array, isTraitor: boolean): void;
}

export type Report = (text: string) => void;

/** One kind of consensus, ready to run with a number of nodes. */
export interface MachineNetwork extends Pace {
  /** Who is no member any more hears nothing more either, and nobody waits for it. */
  readonly isLeftForGood: boolean;
  createReplica(environment: ReplicaEnvironment): Replica;
  /** Undefined where the engine stands none. */
  readonly createTraitor: ((environment: TraitorEnvironment) => Traitor) | undefined;
  /** @param traitors nodes that are, by index */
  createWitness(report: Report, traitors: ReadonlySet<number>): Witness;
}
