import type { BftProtocol } from '@isoquorum/consensus/bft/protocol';
import type { BftMessage, BftRecord, BftState } from '@isoquorum/consensus/bft/types';
import type { RecoverAddress } from '@isoquorum/consensus/recover';
import type { BftView } from '../../checks/bft-view.ts';
import type { Forger } from '../../traitors/forger.ts';
import { ibftForger } from '../../traitors/ibft-forger.ts';
import { qbftForger } from '../../traitors/qbft-forger.ts';
import { ibftProtocol } from '@isoquorum/consensus/ibft/protocol';
import type { IbftMessage, UnsignedIbftMessage } from '@isoquorum/consensus/ibft/message';
import type { IbftRecord, IbftState } from '@isoquorum/consensus/ibft/types';
import { qbftProtocol } from '@isoquorum/consensus/qbft/protocol';
import type { QbftMessage, UnsignedQbftMessage } from '@isoquorum/consensus/qbft/message';
import type { DurableRecord, QbftState } from '@isoquorum/consensus/qbft/types';
import { BLOCK_PERIOD_MS, LONGEST_ROUND_MS } from './bft-genesis.ts';
import { ibftViewOf, qbftViewOf } from '../../checks/bft-views.ts';

/** One of the two BFT protocols, with what checkers and traitors make of its messages. */
export interface BftKind<
  State extends BftState<Message, Record>,
  Message extends BftMessage,
  Unsigned,
  Record extends BftRecord,
> {
  readonly protocol: BftProtocol<State, Message, Unsigned, Record>;
  readonly viewOf: (message: Message, recover: RecoverAddress) => BftView;
  readonly forger: Forger<Message, Unsigned>;
  /** Whether ROUND-CHANGEs and later proposals carry certificates. */
  readonly isJustified: boolean;
  /** Block periods after the end of all faults within which everybody has a new block. */
  readonly recoveryPeriods: number;
}

export const qbftKind: BftKind<QbftState, QbftMessage, UnsignedQbftMessage, DurableRecord> = {
  protocol: qbftProtocol,
  viewOf: qbftViewOf,
  forger: qbftForger,
  isJustified: true,
  // Four of the longest rounds.
  recoveryPeriods: (4 * LONGEST_ROUND_MS) / BLOCK_PERIOD_MS,
};

export const ibftKind: BftKind<IbftState, IbftMessage, UnsignedIbftMessage, IbftRecord> = {
  protocol: ibftProtocol,
  viewOf: ibftViewOf,
  forger: ibftForger,
  isJustified: false,
  // Without certificates a lock may have to wait for the right proposers to come round several times.
  recoveryPeriods: (20 * LONGEST_ROUND_MS) / BLOCK_PERIOD_MS,
};
