import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { address } from '../parameters/hex.ts';
import { text, uint64 } from '../parameters/scalars.ts';
import { hashResult, json, textResult } from '../results.ts';
import type { AccountDumpJson, StateDumpJson } from '../shapes/account.ts';

/** Looking into states. */
export interface DebugMethods {
  readonly debug_privateStateRoot: Method<[number: BlockNumber], Hash32>;
  readonly debug_defaultStateRoot: Method<[number: BlockNumber], Hash32>;
  readonly debug_dumpAddress: Method<[address: Address, number: BlockNumber], AccountDumpJson>;
  readonly debug_dumpBlock: Method<[number: BlockNumber, kind?: string], StateDumpJson>;
  readonly debug_getBlockRlp: Method<[number: number], string>;
  readonly debug_getBadBlocks: Method<[], readonly never[]>;
}

const byNumber = parameter('number', blockNumber);

export const debugMethods: DebugMethods = {
  debug_privateStateRoot: {
    doc: 'Root of the caller’s private state after a block.',
    params: [byNumber],
    result: hashResult,
  },
  debug_defaultStateRoot: {
    doc: 'Root of the private state of those who have none of their own; without multiple private states the private state.',
    params: [byNumber],
    result: hashResult,
  },
  debug_dumpAddress: {
    doc: 'One account with its storage; private first, then public.',
    params: [parameter('address', address), byNumber],
    result: json('account'),
  },
  debug_dumpBlock: {
    doc: 'All accounts after a block: of the public state, or with `private` of the private one.',
    params: [byNumber, parameter('kind', optional(text))],
    result: json('state'),
  },
  debug_getBlockRlp: {
    doc: 'A block’s RLP in hexadecimal without 0x.',
    params: [parameter('number', uint64)],
    result: textResult,
  },
  debug_getBadBlocks: { doc: 'Always empty: refused blocks are not kept.', params: [], result: json('empty list') },
};
