import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { blockNumber, blockSelector, type BlockNumber, type BlockSelector } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { address } from '../parameters/hex.ts';
import { ignoredObject, text, texts } from '../parameters/scalars.ts';
import { callArguments, type CallArguments } from '../parameters/transaction-args.ts';
import { bytesResult, hashResult, json, quantityResult } from '../results.ts';
import type { ProofJson } from '../shapes/account.ts';

/** Accounts and calls. An account that exists in the caller's private state is read there, else in the public one. */
export interface EthStateMethods {
  readonly eth_getBalance: Method<[address: Address, block: BlockSelector], bigint>;
  readonly eth_getTransactionCount: Method<[address: Address, block: BlockSelector], bigint>;
  readonly eth_getCode: Method<[address: Address, block: BlockSelector], Uint8Array>;
  readonly eth_getStorageAt: Method<[address: Address, slot: string, block: BlockSelector], Uint8Array>;
  readonly eth_getProof: Method<[address: Address, slots: readonly string[], block: BlockSelector], ProofJson>;
  readonly eth_storageRoot: Method<[address: Address, block?: BlockNumber], Hash32>;
  readonly eth_call: Method<
    [message: CallArguments, block: BlockSelector, overrides?: Readonly<Record<string, unknown>>],
    Uint8Array
  >;
  readonly eth_estimateGas: Method<[message: CallArguments, block?: BlockSelector], bigint>;
}

const of = parameter('address', address);
const at = parameter('block', blockSelector);

export const ethStateMethods: EthStateMethods = {
  eth_getBalance: { doc: 'Balance of an account in wei.', params: [of, at], result: quantityResult },
  eth_getTransactionCount: {
    doc: 'Nonce of an account; with `pending` the next one after what waits in the pool.',
    params: [of, at],
    result: quantityResult,
  },
  eth_getCode: { doc: 'Code of a contract.', params: [of, at], result: bytesResult },
  eth_getStorageAt: {
    doc: 'One storage word, 32 bytes.',
    params: [of, parameter('slot', text), at],
    result: bytesResult,
  },
  eth_getProof: {
    doc: 'Proof of an account and of storage words (EIP-1186).',
    params: [of, parameter('slots', texts), at],
    result: json('proof'),
  },
  eth_storageRoot: {
    doc: 'Storage root of a contract, private if it is private here.',
    params: [of, parameter('block', optional(blockNumber))],
    result: hashResult,
  },
  eth_call: {
    doc: 'Runs a message without a transaction; a revert is an error with code 3 and its data.',
    params: [
      parameter('message', callArguments),
      at,
      parameter('overrides', optional(ignoredObject('ethapi.StateOverride'))),
    ],
    result: bytesResult,
  },
  eth_estimateGas: {
    doc: 'Gas that a transaction needs; with `value` 0 given it counts the envelope of a private one.',
    params: [parameter('message', callArguments), parameter('block', optional(blockSelector))],
    result: quantityResult,
  },
};
