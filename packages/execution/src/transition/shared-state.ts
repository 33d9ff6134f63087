import { addressToChecksum } from '@isoquorum/primitives/address';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import type { Address, EncryptedPayloadHash } from '@isoquorum/primitives/bytes';
import { isIsoquorumError, IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesEqual, hexToBytes } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import type { Log } from '@isoquorum/primitives/log';
import { bytesToUtf8 } from '@isoquorum/primitives/utf8';
import { payloadHashOf } from './payload-hash.ts';

/** `SHARED_STATE_INVALID`: a payload is not the state of exactly the expected contract in the words of geth; `field` names the member. */
export type SharedStateErrorCode = 'SHARED_STATE_INVALID';

/** keccak of `StateShared(address,string,string)`: the event of a management contract that a contract's state was shared. */
export const stateSharedTopic: Uint8Array = hexToBytes(
  '0x67a92539f3cbd7c5a9b36c23c0e2beceb27d2e1b3cd8eda02c623689267ae71e',
);

/** What a log of {@link stateSharedTopic} says. */
export interface StateSharedLog {
  /** The management contract. */
  readonly management: Address;
  /** The contract whose state is shared. */
  readonly contract: Address;
  /** Under which digest its state was sent; undefined when the text is no base64. */
  readonly stateHash: EncryptedPayloadHash | undefined;
  /** Digest that the accepting party chose; undefined when it is empty (nobody accepted here). */
  readonly uuid: EncryptedPayloadHash | undefined;
}

/** An account as geth dumps it, ready to be written. */
export interface SharedAccount {
  readonly balance: bigint;
  readonly nonce: bigint;
  readonly code: Uint8Array;
  readonly storage: readonly (readonly [slot: bigint, value: bigint])[];
}

/** An ABI string argument (by its place) as text of single bytes; undefined when it does not lie within the data. */
export function readAbiText(data: Uint8Array, argument: number): string | undefined {
  const offset = bytesToBigint(data.subarray(32 * argument, 32 * argument + 32));
  if (offset + 32n > BigInt(data.length)) return undefined;
  const start = Number(offset) + 32;
  const length = bytesToBigint(data.subarray(start - 32, start));
  if (BigInt(start) + length > BigInt(data.length)) return undefined;
  return Array.from(data.subarray(start, start + Number(length)), (byte) => String.fromCharCode(byte)).join('');
}

/** As GoQuorum makes a digest of bytes: the last 64, zeros before fewer. */
const toDigest = (bytes: Uint8Array): EncryptedPayloadHash => payloadHashOf({ data: bytes });

function base64Digest(text: string): EncryptedPayloadHash | undefined {
  try {
    return toDigest(base64ToBytes(text));
  } catch (error) {
    if (isIsoquorumError(error, 'BASE64_INVALID')) return undefined;
    throw error;
  }
}

/** Hex as geth's `FromHex` takes it: with or without prefix, an odd digit padded, cut at the first that is none. */
function lenientHex(text: string): Uint8Array {
  let digits = text.replace(/^0[xX]/, '');
  if (digits.length % 2 === 1) digits = `0${digits}`;
  const valid = /^(?:[0-9a-fA-F]{2})*/.exec(digits)?.[0] ?? '';
  return hexToBytes(`0x${valid}`);
}

/** Reads a log; `undefined` when it is not about a shared state or cannot be decoded. */
export function readStateSharedLog(log: Log): StateSharedLog | undefined {
  const { data } = log;
  const [topic] = log.topics;
  if (log.topics.length !== 1 || topic === undefined || !bytesEqual(topic, stateSharedTopic)) return undefined;
  if (data.length < 96) return undefined;
  const stateHash = readAbiText(data, 1);
  const uuid = readAbiText(data, 2);
  if (stateHash === undefined || uuid === undefined) return undefined;
  return {
    management: log.address,
    contract: data.slice(12, 32),
    stateHash: base64Digest(stateHash),
    uuid: uuid === '' ? undefined : toDigest(lenientHex(uuid)),
  };
}

function invalid(field: string, what: string, cause?: unknown): IsoquorumError {
  const options = cause === undefined ? undefined : { cause };
  return new IsoquorumError('SHARED_STATE_INVALID', `${field}: ${what}`, { field }, 'IGNORE', options);
}

function recordOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'no object');
  return value as Readonly<Record<string, unknown>>;
}

/** A 32-byte word of hex digits: longer text counts from its end. */
function word(text: string): bigint {
  const bytes = lenientHex(text);
  return bytesToBigint(bytes.length > 32 ? bytes.subarray(bytes.length - 32) : bytes);
}

/**
 * The state of one contract from `{"0x<checksummed address>":{"state":{"balance","nonce","root","codeHash","code","storage"?}}}`.
 * @throws SHARED_STATE_INVALID
 */
export function decodeSharedState(payload: Uint8Array, contract: Address): SharedAccount {
  let json: unknown;
  try {
    json = JSON.parse(bytesToUtf8(payload, 'payload'));
  } catch (cause) {
    throw invalid('payload', 'not JSON', cause);
  }
  const accounts = recordOf(json, 'payload');
  const name = addressToChecksum(contract);
  if (Object.keys(accounts).length !== 1 || !Object.hasOwn(accounts, name)) throw invalid('payload', 'another account');
  const state = recordOf(recordOf(accounts[name], name)['state'], 'state');
  const { balance, nonce, code } = state;
  if (typeof balance !== 'string' || !/^[+-]?[0-9]{1,100}$/.test(balance)) throw invalid('balance', 'no number');
  if (nonce !== undefined && (!Number.isSafeInteger(nonce) || (nonce as number) < 0))
    throw invalid('nonce', 'no number');
  if (code !== undefined && typeof code !== 'string') throw invalid('code', 'no text');
  const storage: (readonly [bigint, bigint])[] = [];
  for (const [slot, value] of Object.entries(recordOf(state['storage'] ?? {}, 'storage'))) {
    if (!/^0[xX][0-9a-fA-F]{64}$/.test(slot) || typeof value !== 'string') throw invalid('storage', 'no slot');
    storage.push([BigInt(slot), word(value)]);
  }
  const amount = BigInt(balance.replace('+', ''));
  return {
    balance: amount < 0n ? 0n : amount,
    nonce: BigInt((nonce as number | undefined) ?? 0),
    code: code === undefined || /^0[xX]/.test(code) ? new Uint8Array(0) : lenientHex(code),
    storage,
  };
}
