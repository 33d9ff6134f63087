import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { ForkRules } from '@isoquorum/primitives/fork';
import {
  bigintToQuantity,
  bytesEqual,
  bytesToHex,
  hexToBytes,
  hexToFixedBytes,
  isZeroBytes,
  quantityToBigint,
} from '@isoquorum/primitives/hex';
import {
  isPrivateTransaction,
  type LegacyTransaction,
  type Transaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { isPrivacyPrecompile, privacyPrecompileAddress } from '../evm/precompile-range.ts';

/** `INNER_TRANSACTION_INVALID`: a marker's payload is no transaction in the words of geth; `field` names the member. */
export type MarkerErrorCode = 'INNER_TRANSACTION_INVALID';

/** True for a transaction to Quorum's privacy precompile, whether it is switched on or not (GoQuorum's `isPrivacyMarkerTransaction`). */
export function isMarkerTransaction(transaction: Pick<Transaction, 'to'>): boolean {
  return transaction.to !== undefined && bytesEqual(transaction.to, privacyPrecompileAddress);
}

/** True when nodes look for a private transaction inside this one: a public transaction to the precompile, where it is switched on. */
export function isExecutedMarker(transaction: Transaction, rules: ForkRules): boolean {
  const { to } = transaction;
  return rules.isQuorum && to !== undefined && isPrivacyPrecompile(to, rules) && !isPrivateTransaction(transaction);
}

/** Position after the first JSON value of a text that begins with an object; its length when it does not end. */
function endOfObject(text: string): number {
  let depth = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (isText) {
      if (character === '\\') index++;
      else if (character === '"') isText = false;
    } else if (character === '"') isText = true;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return index + 1;
  }
  return text.length;
}

function invalid(field: string, what: string, cause?: unknown): IsoquorumError {
  const options = cause === undefined ? undefined : { cause };
  return new IsoquorumError('INNER_TRANSACTION_INVALID', `${field}: ${what}`, { field }, 'IGNORE', options);
}

/** Members by lower-case name: Go's decoder does not mind the case of names. */
function membersOf(payload: Uint8Array): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    const text = bytesToUtf8(payload, 'payload');
    // A stream decoder reads one value and leaves the rest alone.
    value = JSON.parse(text.slice(0, endOfObject(text)));
  } catch (cause) {
    throw invalid('payload', 'not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('payload', 'no object');
  return new Map(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member as unknown]));
}

/**
 * A legacy transaction from geth's JSON (`{"type":"0x0","nonce":"0x0","gasPrice":…,"gas":…,"to"?:…,"value":…,"input":…,"v":…,"r":…,"s":…}`),
 * which is what a marker's payload holds. @throws INNER_TRANSACTION_INVALID
 */
export function decodeInnerTransaction(payload: Uint8Array): LegacyTransaction {
  const members = membersOf(payload);
  const text = (name: string): string => {
    const value = members.get(name.toLowerCase());
    if (typeof value !== 'string') throw invalid(name, `missing required field '${name}' in transaction`);
    return value;
  };
  const read = <T>(name: string, decode: () => T): T => {
    try {
      return decode();
    } catch (cause) {
      throw invalid(name, 'not what geth writes', cause);
    }
  };
  const quantity = (name: string, bits = 256): bigint => read(name, () => quantityToBigint(text(name), name, bits));
  const type = members.get('type') ?? '0x0';
  if (type !== '0x0') throw invalid('type', 'transaction type not supported');
  const to = members.get('to') ?? undefined;
  return {
    type: 0,
    nonce: quantity('nonce', 64),
    gasPrice: quantity('gasPrice'),
    gasLimit: quantity('gas', 64),
    to: to === undefined ? undefined : read('to', () => hexToFixedBytes(to as string, 20, 'to')),
    value: quantity('value'),
    data: read('input', () => hexToBytes(text('input'), 'input')),
    v: quantity('v'),
    r: quantity('r'),
    s: quantity('s'),
  };
}

/** A signed private transaction as the payload of a marker: geth's JSON and a line end. */
export function encodeInnerTransaction(transaction: LegacyTransaction): Uint8Array {
  const { nonce, gasPrice, gasLimit, to, value, data, v, r, s } = transaction;
  const json = JSON.stringify({
    type: '0x0',
    nonce: bigintToQuantity(nonce),
    gasPrice: bigintToQuantity(gasPrice),
    gas: bigintToQuantity(gasLimit),
    value: bigintToQuantity(value),
    input: bytesToHex(data),
    v: bigintToQuantity(v),
    r: bigintToQuantity(r),
    s: bigintToQuantity(s),
    to: to === undefined ? null : bytesToHex(to),
    hash: bytesToHex(transactionHash(transaction)),
  });
  return utf8ToBytes(`${json}\n`);
}

/**
 * The private transaction that a marker stands for, or `undefined` when its payload holds none that may run: it has to be private, signed by
 * the marker's sender, and of the same nonce.
 */
export function innerTransactionOf(
  payload: Uint8Array,
  marker: Pick<Transaction, 'nonce'>,
  sender: Uint8Array,
): LegacyTransaction | undefined {
  try {
    const inner = decodeInnerTransaction(payload);
    if (!isPrivateTransaction(inner) || inner.nonce !== marker.nonce || isZeroBytes(sender)) return undefined;
    return bytesEqual(transactionSender(inner, undefined), sender) ? inner : undefined;
  } catch (error) {
    if (error instanceof IsoquorumError) return undefined;
    throw error;
  }
}
