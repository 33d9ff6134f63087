import type { Address } from '@isoquorum/primitives/bytes';
import type { BftAlgorithm } from '@isoquorum/primitives/genesis/bft-config';
import type { Header } from '@isoquorum/primitives/header';
import type { HeaderRules } from '../header-rules.ts';
import type { RecoverAddress, SignDigest } from '../recover.ts';
import type { PrepareHeaderOptions } from '../bft/prepare-header.ts';
import type { BftEffect, BftInput, BftMachineConfig, BftMessage, BftRecord, BftState, BftStep } from './types.ts';

/** One of the two algorithms, as whoever drives its machine sees it: drivers, simulators and replays are written once. */
export interface BftProtocol<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> {
  readonly algorithm: BftAlgorithm;
  createState(config: BftMachineConfig): State;
  step(state: State, input: BftInput<Message, Record>): BftStep<State, BftEffect<Message, Unsigned, Record>>;
  /** As `step`, but stored messages are let out as `repost` effects. */
  stepOnce(state: State, input: BftInput<Message, Record>): BftStep<State, BftEffect<Message, Unsigned, Record>>;
  sign(message: Unsigned, sign: SignDigest): Message;
  /** Who signed; undefined if nobody can have. */
  signer(message: Message, recover: RecoverAddress): Address | undefined;
  /** devp2p code of the frame that carries the message. */
  frameCode(message: Message): number;
  /** True for codes of frames of this algorithm. */
  ownsCode(code: number): boolean;
  encodeMessage(message: Message): Uint8Array;
  /** @throws QBFT_MESSAGE_INVALID, IBFT_MESSAGE_INVALID */
  decodeMessage(code: number, bytes: Uint8Array): Message;
  encodeRecord(record: Record): Uint8Array;
  /** @throws QBFT_RECORD_INVALID, IBFT_RECORD_INVALID */
  decodeRecord(bytes: Uint8Array): Record;
  /** The header of a candidate before execution. */
  prepareHeader(options: PrepareHeaderOptions): Header;
  /** What the proposer adds once the header is complete: IBFT's seal. */
  sealHeader(header: Header, sign: SignDigest): Header;
  /** As the header rules, but for a proposal, which has no committed seals. @throws HeaderErrorCode */
  verifyProposal(
    header: Header,
    parent: Header,
    validators: readonly Address[],
    rules: Omit<HeaderRules, 'seals'>,
  ): void;
  /** Keys (bare hex) of validators whose messages of the current round count. */
  heard(state: State): ReadonlySet<string>;
}
