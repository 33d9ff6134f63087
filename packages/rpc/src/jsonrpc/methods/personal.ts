import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { address, bytes } from '../parameters/hex.ts';
import { text } from '../parameters/scalars.ts';
import { sendTransactionArguments, type SendTransactionArguments } from '../parameters/transaction-args.ts';
import { addressesResult, addressResult, bytesResult, hashResult, json } from '../results.ts';
import type { RawAndTransactionJson } from '../shapes/transaction.ts';

/** Accounts held by the node (`isoquorum dev`). They have no password: what is given is not looked at. */
export interface PersonalMethods {
  readonly personal_listAccounts: Method<[], readonly Address[]>;
  readonly personal_sign: Method<[data: Uint8Array, account: Address, password: string], Uint8Array>;
  readonly personal_ecRecover: Method<[data: Uint8Array, signature: Uint8Array], Address>;
  readonly personal_signTransaction: Method<
    [transaction: SendTransactionArguments, password: string],
    RawAndTransactionJson
  >;
  readonly personal_sendTransaction: Method<[transaction: SendTransactionArguments, password: string], Hash32>;
}

const data = parameter('data', bytes);
const password = parameter('password', text);
const args = parameter('transaction', sendTransactionArguments);

export const personalMethods: PersonalMethods = {
  personal_listAccounts: { doc: 'The same as `eth_accounts`.', params: [], result: addressesResult },
  personal_sign: {
    doc: 'Signs the message (EIP-191) with an account of this node.',
    params: [data, parameter('account', address), password],
    result: bytesResult,
  },
  personal_ecRecover: {
    doc: 'Who signed the message (EIP-191).',
    params: [data, parameter('signature', bytes)],
    result: addressResult,
  },
  personal_signTransaction: {
    doc: 'The same as `eth_signTransaction`.',
    params: [args, password],
    result: json('`{raw, tx}`'),
  },
  personal_sendTransaction: { doc: 'The same as `eth_sendTransaction`.', params: [args, password], result: hashResult },
};
