import type { CallRequest } from '@isoquorum/execution/transition/call';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { bytesEqual, hexToBytes, hexToFixedBytes, quantityToBigint } from '@isoquorum/primitives/hex';
import { participantError } from '../errors.ts';
import type { SendArguments } from '../submit/submitter.ts';

function invalid(message: string, field: string): Error {
  return participantError('ARGUMENTS_INVALID', message, { field }, 'REJECT');
}

/** Positional parameters of a request; at most `most`. @throws ARGUMENTS_INVALID */
export function positional(params: unknown, most: number): readonly unknown[] {
  if (params === undefined) return [];
  if (!Array.isArray(params)) throw invalid('params: a list is wanted', 'params');
  if (params.length > most) throw invalid(`too many arguments, want at most ${most}`, 'params');
  return params;
}

/** @throws ARGUMENTS_INVALID */
export function textArgument(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalid(`${field}: text is wanted`, field);
  return value;
}

/** Only the checked head can be read: a page keeps no older state. @throws ARGUMENTS_INVALID */
export function latestOnly(tag: unknown, head: number): void {
  if (tag === undefined || tag === null || tag === 'latest' || tag === 'pending') return;
  if (typeof tag === 'string' && /^0x[0-9a-f]+$/i.test(tag) && Number(tag) === head) return;
  throw invalid('block: this page reads at its checked head only', 'block');
}

function record(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${field}: an object is wanted`, field);
  return value as Readonly<Record<string, unknown>>;
}

function optionalText(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  return textArgument(value, name);
}

function optionalQuantity(fields: Readonly<Record<string, unknown>>, name: string, bits?: number): bigint | undefined {
  const text = optionalText(fields, name);
  return text === undefined ? undefined : quantityToBigint(text, name, bits);
}

function callData(fields: Readonly<Record<string, unknown>>): Uint8Array {
  const data = optionalText(fields, 'data');
  const input = optionalText(fields, 'input');
  const left = data === undefined ? undefined : hexToBytes(data, 'data');
  const right = input === undefined ? undefined : hexToBytes(input, 'input');
  if (left !== undefined && right !== undefined && !bytesEqual(left, right))
    throw invalid(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
      'input',
    );
  return right ?? left ?? new Uint8Array(0);
}

function enclaveKey(value: unknown, field: string): EnclaveKey {
  const text = textArgument(value, field);
  const key = base64ToBytes(text, field);
  if (key.length !== 32) throw invalid(`${field}: an enclave key has 32 bytes`, field);
  return key;
}

/** Reads the object of `eth_call` and `eth_estimateGas`. @throws ARGUMENTS_INVALID, HEX_INVALID, QUANTITY_INVALID */
export function readCall(value: unknown): CallRequest {
  const fields = record(value, 'call');
  const from = optionalText(fields, 'from');
  const to = optionalText(fields, 'to');
  return {
    from: from === undefined ? undefined : hexToFixedBytes(from, 20, 'from'),
    to: to === undefined ? undefined : hexToFixedBytes(to, 20, 'to'),
    gas: optionalQuantity(fields, 'gas', 64),
    value: optionalQuantity(fields, 'value'),
    data: callData(fields),
  };
}

/**
 * Reads the object of `eth_sendTransaction`. What looks private without saying for whom is refused: taken as public it would show
 * everyone what was meant for few.
 * @param hasPrivacyEnhancements whether the chain has them now: flags other than 0 are refused without
 * @param isPrivateContract true for addresses that exist in the page's private state
 * @throws ARGUMENTS_INVALID, SILENT_DOWNGRADE, VALUE_IN_PRIVATE, HEX_INVALID, QUANTITY_INVALID, BASE64_INVALID
 */
export function readSend(
  value: unknown,
  defaultFrom: string | undefined,
  isPrivateContract: (address: Uint8Array) => boolean,
  hasPrivacyEnhancements = false,
): SendArguments {
  const fields = record(value, 'transaction');
  const from = (optionalText(fields, 'from') ?? defaultFrom ?? '').toLowerCase();
  hexToFixedBytes(from, 20, 'from');
  const toText = optionalText(fields, 'to');
  const to = toText === undefined || toText === '' || toText === '0x' ? undefined : hexToFixedBytes(toText, 20, 'to');
  const gasPrice = optionalQuantity(fields, 'gasPrice') ?? 0n;
  if (gasPrice !== 0n) throw invalid('Gas price not 0', 'gasPrice');
  const data = callData(fields);
  if (to === undefined && data.length === 0) throw invalid('contract creation without any data provided', 'data');
  const transactionValue = optionalQuantity(fields, 'value') ?? 0n;
  const { privateFor, privateFrom, privacyFlag, mandatoryFor } = fields;
  const isPrivate = privateFor !== undefined && privateFor !== null;
  if (!isPrivate) refuseDowngrade(fields, to, isPrivateContract);
  if (isPrivate && !Array.isArray(privateFor))
    throw invalid('privateFor: a list of enclave keys is wanted', 'privateFor');
  if (isPrivate && transactionValue !== 0n)
    throw participantError('VALUE_IN_PRIVATE', 'ether value is not supported for private transactions', {}, 'REJECT');
  const enhanced = readPrivacyFlag(privacyFlag, mandatoryFor, hasPrivacyEnhancements);
  return {
    from,
    to,
    data,
    value: transactionValue,
    gas: optionalQuantity(fields, 'gas', 64),
    nonce: optionalQuantity(fields, 'nonce', 64),
    privateFor: isPrivate
      ? (privateFor as unknown[]).map((key, index) => enclaveKey(key, `privateFor[${index}]`))
      : undefined,
    privateFrom:
      isPrivate && typeof privateFrom === 'string' && privateFrom !== ''
        ? enclaveKey(privateFrom, 'privateFrom')
        : undefined,
    ...enhanced,
  };
}

/** Flag and mandatory recipients, checked in GoQuorum's order and words (goquorum.md 2.3). @throws ARGUMENTS_INVALID, BASE64_INVALID */
function readPrivacyFlag(
  flag: unknown,
  mandatoryFor: unknown,
  isEnabled: boolean,
): Pick<SendArguments, 'privacyFlag' | 'mandatoryFor'> {
  const privacyFlag = ([0, 1, 2, 3] as const).find((one) => one === (flag ?? 0));
  if (privacyFlag === undefined) throw invalid('invalid privacy flag', 'privacyFlag');
  if (!isEnabled && privacyFlag !== 0)
    throw invalid(
      'PrivacyEnhancements are disabled. Can only accept transactions with PrivacyFlag=0(StandardPrivate).',
      'privacyFlag',
    );
  const mandatory = Array.isArray(mandatoryFor) ? (mandatoryFor as unknown[]) : [];
  if (privacyFlag === 2 && mandatory.length === 0)
    throw invalid(
      'missing mandatory recipients data. if no mandatory recipients required consider using PrivacyFlag=1(PartyProtection)',
      'mandatoryFor',
    );
  if (privacyFlag !== 2 && mandatory.length > 0)
    throw invalid(
      'privacy metadata invalid. mandatory recipients are only applicable for PrivacyFlag=2(MandatoryRecipients)',
      'mandatoryFor',
    );
  return { privacyFlag, mandatoryFor: mandatory.map((key, index) => enclaveKey(key, `mandatoryFor[${index}]`)) };
}

function refuseDowngrade(
  fields: Readonly<Record<string, unknown>>,
  to: Uint8Array | undefined,
  isPrivateContract: (address: Uint8Array) => boolean,
): void {
  const hints = ['privateFrom', 'privacyFlag', 'mandatoryFor', 'restriction'].filter(
    (name) => fields[name] !== undefined && fields[name] !== null,
  );
  if (hints.length > 0)
    throw participantError(
      'SILENT_DOWNGRADE',
      `This transaction names ${hints.join(', ')} but not privateFor, so that it would be public.`,
      { hints },
      'REJECT',
    );
  if (to !== undefined && isPrivateContract(to))
    throw participantError(
      'SILENT_DOWNGRADE',
      'The contract is private, but the transaction does not say for whom it is, so that it would be public.',
      {},
      'REJECT',
    );
}
