import type { Method } from '../method.ts';
import { blockNumber, type BlockNumber, blockSelector, type BlockSelector } from '../parameters/block-selector.ts';
import { optional, parameter } from '../parameters/codec.ts';
import { bigOrNumber, percentiles } from '../parameters/fees.ts';
import { sendTransactionArguments, type SendTransactionArguments } from '../parameters/transaction-args.ts';
import { json, quantityResult } from '../results.ts';
import type { AccessListJson } from '../shapes/account.ts';

/** What `eth_feeHistory` gives. There is no base fee on Quorum: it is 0. */
export interface FeeHistoryJson {
  readonly oldestBlock: string;
  readonly baseFeePerGas: readonly string[];
  readonly gasUsedRatio: readonly number[];
  readonly reward?: readonly (readonly string[])[];
}

/** What GoQuorum 24.4 lacks or crashes on, and client libraries ask for. */
export interface EthFeeMethods {
  readonly eth_feeHistory: Method<
    [count: number, newest: BlockNumber, percentiles?: readonly number[]],
    FeeHistoryJson
  >;
  readonly eth_maxPriorityFeePerGas: Method<[], bigint>;
  readonly eth_createAccessList: Method<[transaction: SendTransactionArguments, block?: BlockSelector], AccessListJson>;
}

export const ethFeeMethods: EthFeeMethods = {
  eth_feeHistory: {
    doc: 'How full past blocks were and what their transactions paid; the base fee is always 0.',
    params: [
      parameter('count', bigOrNumber),
      parameter('newest', blockNumber),
      parameter('percentiles', optional(percentiles)),
    ],
    result: json('`{oldestBlock, baseFeePerGas, gasUsedRatio, reward}`'),
  },
  eth_maxPriorityFeePerGas: {
    doc: 'The same as `eth_gasPrice`: all of it goes to the proposer.',
    params: [],
    result: quantityResult,
  },
  eth_createAccessList: {
    doc: 'Addresses and slots that a transaction would look at, and the gas it would use with them listed.',
    params: [parameter('transaction', sendTransactionArguments), parameter('block', optional(blockSelector))],
    result: json('`{accessList, error, gasUsed}`'),
  },
};
