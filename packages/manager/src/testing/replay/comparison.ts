import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import { decodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import type { HttpClientResponse } from '@isoquorum/platform/http';
import type { RecordedResponse } from './recording.ts';
import type { Translation } from './translation.ts';

/** An answer as text for comparison and for patterns: `<status> <body>`. */
export interface Rendered {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function renderOurs(answer: HttpClientResponse): Rendered {
  const text = new TextDecoder().decode(answer.body);
  return { status: answer.status, text, json: parse(text) };
}

export function renderRecorded(response: RecordedResponse, translation: Translation): Rendered {
  const bytes = response.bodyBase64;
  const raw =
    response.bodyText ??
    (bytes === undefined
      ? ''
      : new TextDecoder().decode(
          Uint8Array.from(atob(translation.whole(bytes)), (character) => character.charCodeAt(0)),
        ));
  const text = translation.text(raw);
  return { status: response.status ?? 0, text, json: parse(text) };
}

/** Sorts lists of keys and URLs, which come from sets. */
function normalizeJson(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map(normalizeJson).toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, normalizeJson(member)] as const)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}

/** Validation messages: the object's id and the order of lines vary, and only the first message is the rule that was broken. */
function validationMessages(text: string): string[] | undefined {
  if (!text.includes('(path = ')) return undefined;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ \(path = .*$/, ''))
    .toSorted();
}

/** Parts of a sealed payload that do not vary from run to run; `undefined` when the bytes are none. */
function payloadShape(bytes: Uint8Array): unknown {
  try {
    const payload = decodeLegacyPayload(bytes, '1.0');
    return {
      senderKey: bytesToBase64(payload.senderKey),
      sizes: [payload.cipherText.length, payload.cipherTextNonce.length, payload.recipientNonce.length],
      boxes: payload.recipientBoxes.map((box) => box.length),
      recipientKeys: payload.recipientKeys.map(bytesToBase64).toSorted(),
      privacyFlag: payload.privacyFlag,
      affected: payload.affected.map(({ securityHash }) => securityHash.length),
      execHash: bytesToBase64(payload.execHash),
    };
  } catch {
    return undefined;
  }
}

/** Two sealed payloads of the same shape, which were sealed with other keys and nonces. */
export function isSamePayloadShape(recorded: RecordedResponse, ours: HttpClientResponse): boolean {
  if (recorded.bodyBase64 === undefined) return false;
  const shape = payloadShape(base64ToBytes(recorded.bodyBase64));
  return shape !== undefined && JSON.stringify(shape) === JSON.stringify(payloadShape(ours.body));
}

const sets: readonly string[] = ['participants'];

/** What differs between the recorded answer and ours, or `undefined`. */
export function compare(
  recorded: RecordedResponse,
  theirs: Rendered,
  ours: Rendered,
  path: string,
): string | undefined {
  if (theirs.status !== ours.status)
    return `status ${ours.status} instead of ${theirs.status}: ${ours.text.slice(0, 160)}`;
  if (recorded.containerErrorPage === true || recorded.bodyOmitted === true) return undefined;
  const messages = validationMessages(theirs.text);
  if (messages !== undefined) {
    const found = validationMessages(ours.text) ?? [];
    return found.length > 0 && found.every((message) => messages.includes(message))
      ? undefined
      : `messages ${JSON.stringify(found)} instead of ${JSON.stringify(messages)}`;
  }
  if (theirs.json !== undefined && ours.json !== undefined) {
    const [left, right] = [JSON.stringify(normalizeJson(theirs.json)), JSON.stringify(normalizeJson(ours.json))];
    if (isValidationList(theirs.json)) return undefined;
    return left === right ? undefined : `body ${right.slice(0, 300)} instead of ${left.slice(0, 300)}`;
  }
  if (isValidationList(theirs.json)) return undefined;
  const isSet = sets.some((name) => path.endsWith(name));
  const order = (text: string): string => (isSet ? text.split(',').toSorted().join(',') : text);
  return order(theirs.text) === order(ours.text)
    ? undefined
    : `body ${JSON.stringify(ours.text.slice(0, 200))} instead of ${JSON.stringify(theirs.text.slice(0, 200))}`;
}

/** Tessera's JSON form of validation messages; ours are always text. */
function isValidationList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => typeof item === 'object' && item !== null && 'messageTemplate' in item)
  );
}

/** Content types must agree, except where the container wrote its own page or said nothing. */
export function compareContentType(
  recorded: RecordedResponse,
  ours: HttpClientResponse,
  theirs: Rendered,
): string | undefined {
  if (recorded.containerErrorPage === true || theirs.text === '' || isValidationList(theirs.json)) return undefined;
  const expected = recorded.headers?.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const found = ours.headers['content-type'];
  return expected === undefined || expected === found ? undefined : `content type ${found} instead of ${expected}`;
}
