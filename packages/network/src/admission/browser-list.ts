import { IsoquorumError } from '@isoquorum/primitives/errors';
import { peerIdToPublicKey } from '@isoquorum/primitives/node-key';

/** `permissioned-browsers.json` or `redeemed-invitations.json` is not of the agreed form; `field` says which part. */
export type BrowserListErrorCode = 'BROWSER_LIST_INVALID';

/** A browser that may connect; one object of the JSON array in `permissioned-browsers.json`. */
export interface ListedBrowser {
  /** For people: shown in peers and pages. */
  readonly name: string;
  /** `12D3Koo…`. */
  readonly peerId: string;
  /** ISO 8601 time of admission. */
  readonly added: string;
  /** ISO 8601 time at which the admission ends; null: none. */
  readonly expiry: string | null;
  /** Hexadecimal id of the invitation; null when listed by hand. */
  readonly invitation: string | null;
  /** PeerId of the node that issued the invitation; null when listed by hand. */
  readonly issuer: string | null;
}

/** One object of `redeemed-invitations.json`: an invitation that is used up. */
export interface RedeemedRecord {
  readonly invitation: string;
  readonly peerId: string;
  readonly redeemed: string;
  /** ISO 8601 time at which the invitation ends anyway; the record may go after that. */
  readonly expires: string;
}

const maxEntries = 65_536;

/** @throws BROWSER_LIST_INVALID */
export function parseBrowserList(text: string): readonly ListedBrowser[] {
  return parseEntries(text, 'permissioned-browsers.json').map((entry, index) => {
    const at = (key: string): string => `permissioned-browsers.json[${index}].${key}`;
    const peerId = readText(entry.peerId, at('peerId'));
    if (!isBrowserPeerId(peerId)) fail(at('peerId'));
    return {
      name: readText(entry.name, at('name')),
      peerId,
      added: readTime(entry.added ?? '1970-01-01T00:00:00Z', at('added')),
      expiry: readOptional(entry.expiry, at('expiry'), readTime),
      invitation: readOptional(entry.invitation, at('invitation'), readText),
      issuer: readOptional(entry.issuer, at('issuer'), readText),
    };
  });
}

export function formatBrowserList(browsers: readonly ListedBrowser[]): string {
  return `${JSON.stringify(browsers, undefined, 2)}\n`;
}

/** @throws BROWSER_LIST_INVALID */
export function parseRedeemedRecords(text: string): readonly RedeemedRecord[] {
  return parseEntries(text, 'redeemed-invitations.json').map((entry, index) => {
    const at = (key: string): string => `redeemed-invitations.json[${index}].${key}`;
    return {
      invitation: readText(entry.invitation, at('invitation')),
      peerId: readText(entry.peerId, at('peerId')),
      redeemed: readTime(entry.redeemed, at('redeemed')),
      expires: readTime(entry.expires, at('expires')),
    };
  });
}

export function formatRedeemedRecords(records: readonly RedeemedRecord[]): string {
  return `${JSON.stringify(records, undefined, 2)}\n`;
}

/** True for the PeerId of an Ed25519 key, the kind that browsers have. */
export function isBrowserPeerId(peerId: string): boolean {
  try {
    return peerIdToPublicKey(peerId).type === 'ed25519';
  } catch {
    return false;
  }
}

function parseEntries(text: string, field: string): readonly Readonly<Record<string, unknown>>[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    fail(field);
  }
  if (!Array.isArray(json) || json.length > maxEntries) fail(field);
  for (const entry of json) if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) fail(field);
  return json;
}

function readText(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.length > 256) fail(field);
  return value;
}

function readTime(value: unknown, field: string): string {
  const text = readText(value, field);
  if (Number.isNaN(Date.parse(text))) fail(field);
  return text;
}

function readOptional(value: unknown, field: string, read: (value: unknown, field: string) => string): string | null {
  return value === undefined || value === null ? null : read(value, field);
}

function fail(field: string): never {
  throw new IsoquorumError('BROWSER_LIST_INVALID', `${field} is invalid`, { field }, 'STOP');
}
