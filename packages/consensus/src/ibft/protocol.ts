import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { ibftProposerDigest, withIbftProposerSeal } from '@isoquorum/primitives/istanbul-seal';
import { prepareIbftHeader } from '../bft/prepare-header.ts';
import type { BftProtocol } from '../bft/protocol.ts';
import { decodeIbftRecord, encodeIbftRecord } from './durable-record.ts';
import { verifyIbftHeader } from './header.ts';
import {
  decodeIbftMessage,
  encodeIbftMessage,
  ibftFrameCode,
  type IbftMessage,
  type UnsignedIbftMessage,
} from './message.ts';
import { ibftSigner, signIbftMessage } from './signing.ts';
import { createIbftState, step, stepOnce } from './step.ts';
import type { IbftRecord, IbftState } from './types.ts';

/** IBFT for whoever drives its machine. */
export const ibftProtocol: BftProtocol<IbftState, IbftMessage, UnsignedIbftMessage, IbftRecord> = {
  algorithm: 'ibft',
  createState: createIbftState,
  step,
  stepOnce,
  sign: signIbftMessage,
  signer: ibftSigner,
  frameCode: () => ibftFrameCode,
  ownsCode: (code) => code === ibftFrameCode,
  encodeMessage: encodeIbftMessage,
  decodeMessage: (_code, bytes) => decodeIbftMessage(bytes),
  encodeRecord: encodeIbftRecord,
  decodeRecord: decodeIbftRecord,
  prepareHeader: prepareIbftHeader,
  sealHeader: (header, sign) => withIbftProposerSeal(header, sign(ibftProposerDigest(header))),
  verifyProposal: (header, parent, validators, rules) =>
    verifyIbftHeader(header, parent, validators, { ...rules, seals: 'unchecked' }),
  heard(state) {
    const changes = state.roundChanges.get(state.round)?.keys() ?? [];
    const heard = new Set([...changes, ...state.prepares.keys(), ...state.commits.keys()]);
    const proposal = state.pending?.proposal ?? (state.phase === 'acceptRequest' ? undefined : state.proposal);
    if (proposal !== undefined) heard.add(bytesToBareHex(proposal.signer));
    return heard;
  },
};
