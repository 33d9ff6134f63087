import { base64ToBytes } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { parseResidentGroups } from '@isoquorum/rpc/rest/resident-groups';
import type { PayloadSource, SealedHere } from '../private/payload-resolver.ts';
import type { ResidentGroup } from '../private/private-groups.ts';
import { createRecordedPayloads } from './recorded-payloads.ts';

/** `MANAGER_DATA_INVALID`: what was recorded of a manager has another shape; `field` names the part. */
export type ManagerDataErrorCode = 'MANAGER_DATA_INVALID';

/** Files of a recorded node's manager, parsed (vectors/README.md); absent ones undefined. */
export interface ManagerDataFiles {
  /** `payloads.json`: digest → answer of `GET /transaction/<digest>?isRaw=false`. */
  readonly payloads: unknown;
  /** `payload-details.json`: digest → answers of `/isSender`, `/participants`, `/mandatory`. */
  readonly details?: unknown;
  /** `q2t.json.gz` of the chain: `[{node, request: {method, path, body}, response: {status, body}}]`. */
  readonly exchanges?: unknown;
  /** Whose exchanges count; all when absent. */
  readonly node?: number | undefined;
}

/** What a recorded manager can be asked during an import. */
export interface ManagerData {
  readonly source: PayloadSource;
  /** Undefined when the manager was never asked for groups. */
  readonly groups: readonly ResidentGroup[] | undefined;
}

interface Exchange {
  readonly path: string;
  readonly requestBody: string;
  readonly responseBody: string;
}

function invalid(field: string, what: string, cause?: unknown): IsoquorumError {
  const options = cause === undefined ? undefined : { cause };
  return new IsoquorumError('MANAGER_DATA_INVALID', `manager data: ${field}: ${what}`, { field }, 'REJECT', options);
}

function recordOf(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, 'not an object');
  return value as Readonly<Record<string, unknown>>;
}

function exchangesOf({ exchanges, node }: ManagerDataFiles): Exchange[] {
  if (exchanges === undefined) return [];
  if (!Array.isArray(exchanges)) throw invalid('exchanges', 'not a list');
  return exchanges.flatMap((entry: unknown, index) => {
    const field = `exchanges[${index}]`;
    const record = recordOf(entry, field);
    if (node !== undefined && record['node'] !== node) return [];
    const request = recordOf(record['request'], `${field}.request`);
    const response = recordOf(record['response'], `${field}.response`);
    if (typeof request['path'] !== 'string') throw invalid(`${field}.request.path`, 'not a text');
    const text = (value: unknown): string => (typeof value === 'string' ? value : '');
    return [{ path: request['path'], requestBody: text(request['body']), responseBody: text(response['body']) }];
  });
}

/** A member of a JSON text, when it is a text. */
function jsonMember(text: string, name: string): string | undefined {
  try {
    const member = recordOf(JSON.parse(text), name)[name];
    return typeof member === 'string' ? member : undefined;
  } catch {
    return undefined;
  }
}

function groupsOf(exchanges: readonly Exchange[]): readonly ResidentGroup[] | undefined {
  const asked = exchanges.find(({ path }) => path === '/groups/resident');
  if (asked === undefined) return undefined;
  try {
    return parseResidentGroups(utf8ToBytes(asked.responseBody));
  } catch (cause) {
    throw invalid('/groups/resident', 'not a list of groups', cause);
  }
}

function senderKeyOf(payloads: unknown, digest: string): string | undefined {
  const senderKey = recordOf(recordOf(payloads, 'payloads')[digest], digest)['senderKey'];
  return typeof senderKey === 'string' ? senderKey : undefined;
}

/** @throws MANAGER_DATA_INVALID, PAYLOADS_INVALID */
export function createManagerData(files: ManagerDataFiles): ManagerData {
  const payloads = createRecordedPayloads(files.payloads);
  const details = recordOf(files.details ?? {}, 'details');
  const exchanges = exchangesOf(files);
  const decryptions = exchanges.filter(({ path }) => path === '/encodedpayload/decrypt');

  function opened(cipherText: string): Uint8Array | undefined {
    const exchange = decryptions.find(({ requestBody }) => jsonMember(requestBody, 'cipherText') === cipherText);
    const payload = exchange && jsonMember(exchange.responseBody, 'payload');
    return payload === undefined ? undefined : base64ToBytes(payload);
  }

  async function sealedHere(digest: Uint8Array): Promise<SealedHere | undefined> {
    const name = bytesToHex(digest);
    const isSender = recordOf(details[name] ?? {}, name)['isSender'];
    const stored = await payloads.receive(digest);
    if (stored === undefined || String(isSender) !== 'true') return undefined;
    const cipherText = jsonMember(bytesToUtf8(stored.payload), 'cipherText');
    const content = cipherText === undefined ? undefined : opened(cipherText);
    const senderKey = senderKeyOf(files.payloads, name);
    return content === undefined || senderKey === undefined ? undefined : { content, senderKey };
  }

  return {
    source: { receive: (digest) => payloads.receive(digest), sealedHere },
    groups: groupsOf(exchanges),
  };
}
