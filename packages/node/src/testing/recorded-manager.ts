import { Buffer } from 'node:buffer';
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Clock } from '@isoquorum/platform/clock';
import type { HttpClient, HttpClientRequest, HttpClientResponse } from '@isoquorum/platform/http';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import { createQ2tClient } from '@isoquorum/rpc/rest/q2t-client';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';

interface RecordedQ2t {
  readonly node: number;
  readonly request: { readonly method: string; readonly path: string; readonly body?: string };
  readonly response: { readonly status: number; readonly contentType?: string; readonly body?: string };
}

interface AboutManagers {
  readonly nodeDetails: readonly {
    readonly node: number;
    /** Null for a manager that is older than the question. */
    readonly managerApiVersions?: readonly string[] | null;
    readonly residentGroups?: readonly unknown[];
  }[];
}

/** JSON of a file, unpacked when it is `.gz`. */
export function readRecordedJson(path: string): unknown {
  const bytes = readFileSync(path);
  return JSON.parse(path.endsWith('.gz') ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8'));
}

/** A body by what it says: members that are null or empty lists count as absent. */
function meaning(body: string): string {
  const sortMembers = (_key: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const isAbsent = (name: string, member: unknown): boolean =>
      member === null || (Array.isArray(member) && member.length === 0 && name !== 'to');
    const members = Object.entries(value).filter(([name, member]) => !isAbsent(name, member));
    return Object.fromEntries(members.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  };
  try {
    return JSON.stringify(JSON.parse(body), sortMembers);
  } catch {
    return body;
  }
}

function answer(status: number, body: string, contentType = 'text/plain'): HttpClientResponse {
  return { status, reason: '', headers: { 'content-type': contentType }, body: utf8ToBytes(body) };
}

interface Sending {
  readonly from?: string;
  readonly to?: readonly string[];
  readonly payload?: string;
}

/** What a body asks to send; undefined when it is no JSON object. */
function sendingOf(body: string | undefined): Sending | undefined {
  try {
    const parsed: unknown = JSON.parse(body ?? '');
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** A digest for a payload that the recorded manager never saw: there it would be random. */
function digestFor(payload: string): Buffer {
  const bytes = Buffer.from(payload, 'base64');
  return Buffer.concat([keccak256(bytes), keccak256(keccak256(bytes))]);
}

/** `0x` + hex of a digest in a path: percent-escaped base64. */
function digestOfPath(path: string): string {
  const text = decodeURIComponent(path.slice('/transaction/'.length).split(/[/?]/)[0] ?? '');
  return `0x${Buffer.from(text, 'base64').toString('hex')}`;
}

/**
 * The transaction manager of one node of a recorded chain, as the recording tells it: payloads by digest, everything else by the recorded
 * exchange with the same body (the last one, since reads were recorded at the end). What was never sent there, because its digest inside
 * is another, is taken as what went the same way.
 */
export function createRecordedManager(chainFolder: string, node: number, clock: Clock): Q2tClient {
  const folder = `${chainFolder}/nodes/${node}`;
  const optional = (name: string): Record<string, unknown> =>
    existsSync(`${folder}/${name}`) ? (readRecordedJson(`${folder}/${name}`) as Record<string, unknown>) : {};
  const payloads = optional('payloads.json');
  const raw = optional('raw-payloads.json');
  const details = optional('payload-details.json');
  const exchanges = existsSync(`${chainFolder}/q2t.json.gz`)
    ? (readRecordedJson(`${chainFolder}/q2t.json.gz`) as readonly RecordedQ2t[]).filter((entry) => entry.node === node)
    : [];

  function transaction(path: string): HttpClientResponse {
    const digest = digestOfPath(path);
    const detail = /\/(isSender|participants|mandatory)$/.exec(path)?.[1];
    if (detail !== undefined) {
      const known = (details[digest] as Record<string, unknown> | undefined)?.[detail];
      return known === undefined
        ? answer(404, 'not found')
        : answer(200, typeof known === 'string' ? known : JSON.stringify(known));
    }
    const isRaw = path.endsWith('isRaw=true');
    const found = (isRaw ? raw : payloads)[digest];
    if (found !== undefined) return answer(200, JSON.stringify(found), 'application/vnd.tessera-2.1+json');
    const text = Buffer.from(digest.slice(2), 'hex').toString('base64');
    return answer(404, `${isRaw ? 'Raw Message' : 'Message'} with hash ${text} was not found`);
  }

  /** A payload for recipients to whom the same sender's others went is taken as those were. */
  function takeLikeOthers(body: string): HttpClientResponse | undefined {
    const { from, to, payload } = sendingOf(body) ?? {};
    if (payload === undefined) return undefined;
    const like = exchanges.find(({ request, response }) => {
      const other = request.path === '/send' ? sendingOf(request.body) : undefined;
      return response.status < 300 && other?.from === from && JSON.stringify(other?.to) === JSON.stringify(to);
    });
    if (like === undefined) return undefined;
    const { status, body: text = '{}', contentType } = like.response;
    const digest = digestFor(payload);
    payloads[`0x${digest.toString('hex')}`] = {
      payload,
      privacyFlag: 0,
      affectedContractTransactions: [],
      execHash: '',
    };
    const key = digest.toString('base64');
    return answer(status, JSON.stringify({ ...(JSON.parse(text) as object), key }), contentType);
  }

  /** What a manager says of itself, as `about.json` tells it: the questions for that may not be recorded. */
  function ofItself(path: string): HttpClientResponse | undefined {
    const about = readRecordedJson(`${chainFolder}/about.json`) as AboutManagers;
    const { managerApiVersions, residentGroups } = about.nodeDetails.find((entry) => entry.node === node) ?? {};
    const json = (value: unknown): HttpClientResponse => answer(200, JSON.stringify(value), 'application/json');
    if (path === '/upcheck') return answer(200, "I'm up!");
    if (path === '/version') return answer(200, 'recorded');
    if (path === '/version/api') return managerApiVersions ? json(managerApiVersions) : answer(404, '');
    return path === '/groups/resident' && residentGroups !== undefined ? json(residentGroups) : undefined;
  }

  const http: HttpClient = {
    request: (request: HttpClientRequest) => {
      const path = request.url.replace('http://recorded', '');
      if (request.method === 'GET' && path.startsWith('/transaction/')) return Promise.resolve(transaction(path));
      const body =
        request.body === undefined ? '' : typeof request.body === 'string' ? request.body : bytesToUtf8(request.body);
      const wanted = meaning(body);
      const found = exchanges.findLast(
        (entry) =>
          entry.request.method === request.method &&
          entry.request.path === path &&
          meaning(entry.request.body ?? '') === wanted,
      );
      if (found === undefined) {
        const taken = path === '/send' ? takeLikeOthers(body) : ofItself(path);
        if (taken !== undefined) return Promise.resolve(taken);
        return Promise.resolve(answer(500, `not recorded: ${request.method} ${path} ${body.slice(0, 300)}`));
      }
      return Promise.resolve(answer(found.response.status, found.response.body ?? '', found.response.contentType));
    },
    close: () => undefined,
  };
  return createQ2tClient({ url: 'http://recorded', http, clock });
}
