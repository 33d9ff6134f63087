import type { Address, Hash32 } from '@isoquorum/primitives/bytes';
import { jsonNumber, kindMismatch, type ParameterCodec } from './codec.ts';
import { address, big, bytes, hash, uint64Quantity } from './hex.ts';
import { text, texts, uint64 } from './scalars.ts';
import { decodeStructure, encodeStructure, field, type Fields } from './structure.ts';

/** One entry of an EIP-2930 access list. */
export interface AccessListEntry {
  readonly address: Address;
  readonly storageKeys: readonly Hash32[];
}

/** The message of `eth_call` and `eth_estimateGas`. The original reads `data` only, never `input`. */
export interface CallArguments {
  readonly from?: Address;
  readonly to?: Address;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly accessList?: readonly AccessListEntry[];
}

/** Who may read a private transaction. Keys are base64 text and go to the transaction manager unread. */
export interface PrivateTransactionArguments {
  readonly privateFrom?: string;
  /** Present, even when empty: the transaction is private. */
  readonly privateFor?: readonly string[];
  readonly restriction?: string;
  /** 0 standard, 1 party protection, 2 mandatory recipients, 3 private state validation. */
  readonly privacyFlag?: number;
  readonly mandatoryFor?: readonly string[];
}

/** The object of `eth_sendTransaction`, `eth_fillTransaction`, `eth_signTransaction`. */
export interface SendTransactionArguments extends PrivateTransactionArguments {
  readonly from?: Address;
  readonly to?: Address;
  readonly gas?: bigint;
  readonly gasPrice?: bigint;
  readonly value?: bigint;
  readonly nonce?: bigint;
  readonly data?: Uint8Array;
  readonly input?: Uint8Array;
  readonly accessList?: readonly AccessListEntry[];
  readonly chainId?: bigint;
}

const hashes: ParameterCodec<readonly Hash32[]> = {
  goType: '[]common.Hash',
  form: 'list of hashes',
  optional: false,
  decode: (json) => {
    if (json === null) return [];
    if (!Array.isArray(json)) throw kindMismatch(json, '[]common.Hash');
    return json.map((entry) => hash.decode(entry));
  },
  encode: (value) => value.map((entry) => hash.encode(entry)),
};

const ENTRY_FIELDS: Fields<AccessListEntry> = {
  address: field('address', address),
  storageKeys: field('storageKeys', hashes),
};

const accessList: ParameterCodec<readonly AccessListEntry[]> = {
  goType: 'types.AccessList',
  form: 'list of `{address, storageKeys}`',
  optional: false,
  decode: (json) => {
    if (!Array.isArray(json)) throw kindMismatch(json, 'types.AccessList');
    return json.map((entry) => {
      const { address: listed, storageKeys } = decodeStructure<AccessListEntry>(
        entry,
        'AccessTuple',
        'types.AccessTuple',
        ENTRY_FIELDS,
      );
      return { address: listed ?? new Uint8Array(20), storageKeys: storageKeys ?? [] };
    });
  },
  encode: (value) => value.map((entry) => encodeStructure(entry, ENTRY_FIELDS)),
};

const CALL_FIELDS: Fields<CallArguments> = {
  from: field('from', address),
  to: field('to', address),
  gas: field('gas', uint64Quantity),
  gasPrice: field('gasPrice', big),
  value: field('value', big),
  data: field('data', bytes),
  accessList: field('accessList', accessList),
};

const privacyFlag: ParameterCodec<number> = {
  ...uint64,
  goType: 'engine.PrivacyFlagType',
  decode: (json) => {
    const number = jsonNumber(json, 'engine.PrivacyFlagType');
    if (!Number.isInteger(number) || number < 0) throw kindMismatch(json, 'engine.PrivacyFlagType');
    return number;
  },
};

function privateFields(prefix: string): Fields<PrivateTransactionArguments> {
  return {
    privateFrom: field(`${prefix}privateFrom`, text),
    privateFor: field(`${prefix}privateFor`, texts),
    restriction: field(`${prefix}restriction`, text),
    privacyFlag: field(`${prefix}privacyFlag`, privacyFlag),
    mandatoryFor: field(`${prefix}mandatoryFor`, texts),
  };
}

const SEND_FIELDS: Fields<SendTransactionArguments> = {
  from: field('from', address),
  to: field('to', address),
  gas: field('gas', uint64Quantity),
  gasPrice: field('gasPrice', big),
  value: field('value', big),
  nonce: field('nonce', uint64Quantity),
  data: field('data', bytes),
  input: field('input', bytes),
  accessList: field('accessList', accessList),
  chainId: field('chainId', big),
  ...privateFields('PrivateTxArgs.'),
};

const RAW_FIELDS: Fields<PrivateTransactionArguments> = privateFields('PrivateTxArgs.');

function structureCodec<Value extends object>(
  goType: string,
  form: string,
  fields: Fields<Value>,
): ParameterCodec<Partial<Value>> {
  const structure = goType.slice(goType.indexOf('.') + 1);
  return {
    goType,
    form,
    optional: false,
    decode: (json) => decodeStructure<Value>(json, structure, goType, fields),
    encode: (value) => encodeStructure(value as Value, fields),
  };
}

export const callArguments: ParameterCodec<CallArguments> = structureCodec<CallArguments>(
  'ethapi.CallArgs',
  'message `{from, to, gas, gasPrice, value, data, accessList}`',
  CALL_FIELDS,
);

export const sendTransactionArguments: ParameterCodec<SendTransactionArguments> =
  structureCodec<SendTransactionArguments>(
    'ethapi.SendTxArgs',
    'transaction `{from, to, gas, gasPrice, value, nonce, data or input, accessList, privateFrom, privateFor, privacyFlag, mandatoryFor}`',
    SEND_FIELDS,
  );

export const privateTransactionArguments: ParameterCodec<PrivateTransactionArguments> =
  structureCodec<PrivateTransactionArguments>(
    'ethapi.SendRawTxArgs',
    'private arguments `{privateFor, privateFrom, privacyFlag, mandatoryFor}`',
    RAW_FIELDS,
  );
