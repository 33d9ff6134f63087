import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { prepareQbftHeader } from '../bft/prepare-header.ts';
import type { BftProtocol } from '../bft/protocol.ts';
import { decodeDurableRecord, encodeDurableRecord } from './durable-record.ts';
import { verifyQbftProposal } from './header.ts';
import { QBFT_CODE, type QbftMessage, type UnsignedQbftMessage } from './message.ts';
import { decodeQbftMessage, encodeQbftMessage } from './message-codec.ts';
import { qbftSigner, signQbftMessage } from './signing.ts';
import { createQbftState, step, stepOnce } from './step.ts';
import type { DurableRecord, QbftState } from './types.ts';

/** QBFT for whoever drives its machine. */
export const qbftProtocol: BftProtocol<QbftState, QbftMessage, UnsignedQbftMessage, DurableRecord> = {
  algorithm: 'qbft',
  createState: createQbftState,
  step,
  stepOnce,
  sign: signQbftMessage,
  signer: qbftSigner,
  frameCode: (message) => QBFT_CODE[message.type],
  ownsCode: (code) => code >= QBFT_CODE.prePrepare && code <= QBFT_CODE.roundChange,
  encodeMessage: encodeQbftMessage,
  decodeMessage: decodeQbftMessage,
  encodeRecord: encodeDurableRecord,
  decodeRecord: decodeDurableRecord,
  prepareHeader: prepareQbftHeader,
  sealHeader: (header) => header,
  verifyProposal: verifyQbftProposal,
  heard(state) {
    const changes = state.roundChanges.get(state.round)?.keys() ?? [];
    const heard = new Set([...changes, ...state.prepares.keys(), ...state.commits.keys()]);
    if (state.proposal !== undefined) heard.add(bytesToBareHex(state.proposal.signer));
    return heard;
  },
};
