import type { HttpClientResponse } from '@isoquorum/platform/http';
import { base64ToBytes, bytesToBase64 } from '@isoquorum/primitives/base64';
import {
  compare,
  compareContentType,
  isSamePayloadShape,
  type Rendered,
  renderOurs,
  renderRecorded,
} from './comparison.ts';
import { differences } from './differences.ts';
import { type ReplayNetwork, startReplayNetwork } from './network.ts';
import {
  type CausedExchange,
  type RecordedExchange,
  type RecordedGroup,
  readRecording,
  type RecordedRequest,
} from './recording.ts';
import { Translation } from './translation.ts';

export type ReplayResult =
  | { readonly name: string; readonly status: 'passed' }
  | { readonly name: string; readonly status: 'failed'; readonly reason: string }
  | { readonly name: string; readonly status: 'skipped'; readonly reason: string; readonly compatibilityCode?: string };

export interface ReplayOptions {
  /** Report only cases whose name contains this; all are replayed, since they build on one another. */
  readonly only?: string;
}

const ignoredHeaders: readonly string[] = ['content-length', 'connection'];

/** What the recording says about peers and enclaves that were away during an exchange. */
function setWeather(network: ReplayNetwork, exchange: RecordedExchange): void {
  const { weather } = network;
  const { response, caused = [] } = exchange;
  weather.captured = [];
  weather.injected = caused.filter(
    (item) =>
      item.injected === true ||
      item.response.injected === true ||
      item.response.status === undefined ||
      (item.request.path.endsWith('/validate') && !/^[0-9a-f-]{36}$/.test(item.response.bodyText ?? '')),
  );
  const unreachable = /^Connection error while communicating with (\S+)$/.exec(response.reason ?? '')?.[1];
  if (unreachable !== undefined && weather.injected.length === 0) weather.away.add(unreachable);
  for (const { to, server, response: answer } of caused) {
    if (answer.status === undefined || answer.status >= 300) continue;
    for (const url of weather.away) if (network.nodeAt(url) === to && server === 'P2P') weather.away.delete(url);
    if (server === 'ENCLAVE') weather.enclavesAway.delete(to);
  }
  if (response.bodyText === 'Connection refused') weather.enclavesAway.add(exchange.node);
}

async function perform(
  network: ReplayNetwork,
  exchange: RecordedExchange,
  known: Translation,
): Promise<HttpClientResponse> {
  const { request } = exchange;
  // An enclave keeps nothing: what the recording gave it is whole in itself.
  const translation = exchange.server === 'ENCLAVE' ? new Translation([]) : known;
  const headers = Object.fromEntries(
    request.headers
      .filter(([name]) => !ignoredHeaders.includes(name.toLowerCase()))
      .map(([name, value]) => [name, translation.text(value)] as const),
  );
  const body = bodyOf(request, translation);
  return network.request(exchange.node, exchange.server, {
    method: request.method,
    path: translation.text(request.path),
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

function bodyOf(request: RecordedRequest, translation: Translation): Uint8Array | string | undefined {
  if (request.bodyText !== undefined) return translation.text(request.bodyText);
  return request.bodyBase64 === undefined ? undefined : base64ToBytes(translation.whole(request.bodyBase64));
}

/** What was made anew in our run, from the answer and from the requests that it caused. */
function learn(
  translation: Translation,
  exchange: RecordedExchange,
  answer: HttpClientResponse,
  ours: Rendered,
  theirs: Rendered,
  network: ReplayNetwork,
): void {
  if (ours.status !== theirs.status) return;
  const { response, caused = [] } = exchange;
  if (response.bodyBase64 !== undefined && ours.status === 200)
    translation.learn(response.bodyBase64, bytesToBase64(answer.body));
  if (response.bodyJson !== undefined) translation.learnFrom(response.bodyJson, ours.json);
  else if (response.bodyText !== undefined && /^[A-Za-z0-9+/]{86}==$/.test(response.bodyText))
    translation.learn(response.bodyText, ours.text);
  if (response.bodyJson === undefined && response.bodyText !== undefined)
    translation.learnFromText(response.bodyText, ours.text);
  learnPushes(translation, caused, network);
}

function learnPushes(translation: Translation, caused: readonly CausedExchange[], network: ReplayNetwork): void {
  for (const item of caused) {
    const recorded = item.request.bodyBase64;
    if (recorded === undefined) continue;
    const found = network.weather.captured.find(
      ({ url, path }) =>
        path === item.request.path && (item.to === 'X' ? url.includes(':22980') : network.nodeAt(url) === item.to),
    );
    if (found !== undefined) translation.learn(recorded, found.body);
  }
}

/** The exchange names a hash that no exchange of our run made. */
function unknownHash(
  group: RecordedGroup,
  exchange: RecordedExchange,
  translation: Translation,
  made: ReadonlySet<string>,
): string | undefined {
  const asked = [exchange.request.path, exchange.request.bodyText ?? ''].join(' ');
  return Object.values(group.bindings).find(
    (value) =>
      /^[A-Za-z0-9+/]{86}==$/.test(value) &&
      !made.has(value) &&
      !translation.knows(value) &&
      (asked.includes(value) || asked.includes(encodeURIComponent(value))),
  );
}

function judge(
  name: string,
  exchange: RecordedExchange,
  answer: HttpClientResponse,
  ours: Rendered,
  theirs: Rendered,
): ReplayResult {
  const isSealed = theirs.status === ours.status && isSamePayloadShape(exchange.response, answer);
  const reason =
    (isSealed ? undefined : compare(exchange.response, theirs, ours, exchange.request.path)) ??
    compareContentType(exchange.response, answer, theirs);
  if (reason === undefined) return { name, status: 'passed' };
  const path = exchange.request.path.split('?', 1)[0] as string;
  const difference = differences.find(
    (item) =>
      item.method.test(exchange.request.method) &&
      item.path.test(path) &&
      item.recorded.test(`${theirs.status} ${theirs.text}`) &&
      item.ours.test(`${ours.status} ${ours.text}`),
  );
  if (difference === undefined) return { name, status: 'failed', reason };
  return { name, status: 'skipped', reason: difference.reason, compatibilityCode: difference.code };
}

async function replayOne(
  network: ReplayNetwork,
  group: RecordedGroup,
  exchange: RecordedExchange,
  translation: Translation,
  made: Set<string>,
): Promise<ReplayResult> {
  const name = `http ${group.group}/${exchange.id}`;
  if (exchange.response.status === undefined) return { name, status: 'skipped', reason: 'the recording has no answer' };
  setWeather(network, exchange);
  if (exchange.caused?.some(({ to, request }) => to === 'X' && request.path === '/push') === true)
    await network.introducePeer(exchange.node);
  const missing = unknownHash(group, exchange, translation, made);
  const answer = await perform(network, exchange, translation);
  const ours = renderOurs(answer);
  learn(translation, exchange, answer, ours, renderRecorded(exchange.response, translation), network);
  const theirs = renderRecorded(exchange.response, translation);
  if (ours.status < 300)
    for (const text of [ours.text, theirs.text])
      for (const [hash] of text.matchAll(/[A-Za-z0-9+/]{86}==/g)) made.add(hash);
  const result = judge(name, exchange, answer, ours, theirs);
  if (result.status === 'failed' && missing !== undefined && theirs.status === 200) {
    return {
      name,
      status: 'skipped',
      reason: `the payload ${missing.slice(0, 12)}… was made by an exchange that is not in the recording or answers differently here`,
    };
  }
  return result;
}

/**
 * Replays the recorded HTTP scenarios of a folder laid out like `vectors/tessera` against managers of ours in the 1.0 profile: same keys, same
 * requests; hashes that are made anew are mapped. Nothing is matched by the names of cases.
 */
export async function* replayExchanges(folder: string, options: ReplayOptions = {}): AsyncGenerator<ReplayResult> {
  const recording = readRecording(folder);
  const translation = new Translation([...recording.keyPairs.values()].map(({ publicKey }) => publicKey));
  const made = new Set<string>();
  for (const networkName of new Set(recording.groups.map(({ network }) => network))) {
    const network = await startReplayNetwork(recording, networkName);
    try {
      for (const group of recording.groups.filter((candidate) => candidate.network === networkName)) {
        await network.clearUp();
        for (const exchange of group.exchanges) {
          const result = await replayOne(network, group, exchange, translation, made);
          if (options.only === undefined || result.name.includes(options.only)) yield result;
        }
      }
    } finally {
      await network.stop();
    }
  }
}
