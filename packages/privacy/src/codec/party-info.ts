import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { BinaryReader, BinaryWriter } from './binary.ts';

export interface PartyInfoRecipient {
  readonly key: EnclaveKey;
  readonly url: string;
}

/** What managers tell each other on `POST /partyinfo` (tessera.md 4.1). */
export interface PartyInfo {
  readonly url: string;
  readonly recipients: readonly PartyInfoRecipient[];
  /** URLs of other managers. */
  readonly parties: readonly string[];
}

export type PartyInfoErrorCode = 'PARTY_URL_INVALID';

const urlPattern = /^(https?):\/\/(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?(\/[\x21-\x7e]*)?$/;

/**
 * A manager's base URL with `/` appended when its path is empty, so that equal addresses are equal texts.
 * @throws PARTY_URL_INVALID `Invalid URL <url>`: not http(s), user info, white space, longer than 2,048 characters
 */
export function normalizePartyUrl(url: string): string {
  const match = url.length <= 2_048 ? urlPattern.exec(url) : null;
  const port = match?.[3] === undefined ? 80 : Number(match[3].slice(1));
  if (match === null || port < 1 || port > 65_535) {
    throw new IsoquorumError('PARTY_URL_INVALID', `Invalid URL ${url.slice(0, 200)}`, { field: 'url' });
  }
  return match[4] === undefined ? `${url}/` : url;
}

/** True when two URLs name the same manager (host and scheme ignoring case, after normalisation). */
export function isSameParty(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

export function encodePartyInfo(info: PartyInfo): Uint8Array {
  const writer = new BinaryWriter().field(utf8ToBytes(info.url)).count(info.recipients.length);
  for (const { key, url } of info.recipients) writer.field(key).field(utf8ToBytes(url));
  return writer.array(info.parties.map(utf8ToBytes)).toBytes();
}

/**
 * Trailing bytes are ignored, as Tessera ignores them. URLs come back as sent, not normalised.
 * @throws BINARY_TRUNCATED, BINARY_LENGTH_INVALID (`Invalid length <n>`), UTF8_INVALID
 */
export function decodePartyInfo(bytes: Uint8Array): PartyInfo {
  const reader = new BinaryReader(bytes);
  const url = bytesToUtf8(reader.field('url'), 'url');
  const count = reader.count('recipients', 16);
  const recipients: PartyInfoRecipient[] = [];
  for (let index = 0; index < count; index++) {
    const key = reader.field('recipients.key');
    recipients.push({ key, url: bytesToUtf8(reader.field('recipients.url'), 'recipients.url') });
  }
  return { url, recipients, parties: reader.array('parties').map((party) => bytesToUtf8(party, 'parties')) };
}
