import { base64ToBytes } from '@isoquorum/primitives/base64';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import { createHandlerClient, createMemoryHttp } from '@isoquorum/platform/memory/http';
import type { HttpClient, HttpClientRequest, HttpClientResponse, HttpHandler } from '@isoquorum/platform/http';
import { createMemoryKeyAgreement } from '@isoquorum/platform/memory/key-agreement';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { createSeededRandom } from '@isoquorum/platform/memory/random';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createClock } from '@isoquorum/platform/node/clock';
import { decodeLegacyPayload } from '@isoquorum/privacy/codec/legacy';
import { encodePartyInfo } from '@isoquorum/privacy/codec/party-info';
import { payloadHash } from '@isoquorum/privacy/codec/payload-hash';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { createManager, type RunningManager } from '../../create-manager.ts';
import { createEnclaveHandler } from '../../http/enclave-routes.ts';
import { createRemoteEnclave } from '../../remote-enclave.ts';
import type { CausedExchange, RecordedNode, Recording } from './recording.ts';

/** What happens to requests between the nodes while one exchange is replayed. */
export interface Weather {
  /** Base URLs that do not answer. */
  readonly away: Set<string>;
  /** Nodes whose remote enclave does not answer. */
  readonly enclavesAway: Set<string>;
  /** Answers that the recording put in the place of a node's own; taken once each. */
  injected: CausedExchange[];
  /** Requests that our nodes made. */
  captured: { readonly url: string; readonly path: string; readonly body: string }[];
}

export interface ReplayNetwork {
  readonly weather: Weather;
  /** Sends a request to a server of a node. */
  request(
    node: string,
    server: string,
    request: Omit<HttpClientRequest, 'url'> & { readonly path: string },
  ): Promise<HttpClientResponse>;
  /** The node whose P2P server is at this base URL. */
  nodeAt(url: string): string | undefined;
  /** Everybody is back and announces itself, as it happens in the background between two scenarios. */
  clearUp(): Promise<void>;
  /** The hand-made peer announces itself to a node, which the recording leaves out as background; nothing when it is known there. */
  introducePeer(node: string): Promise<void>;
  stop(): Promise<void>;
}

function advertised(node: RecordedNode): string {
  return `http://127.0.0.1:${node.ports['advertisedP2P']}/`;
}

/** The hand-made peer X: takes every push and opens challenges with its key. */
function createPeer(privateKey: Uint8Array): HttpHandler {
  const keyAgreement = createMemoryKeyAgreement([privateKey]);
  const enclave = createEnclave({ keyAgreement, random: createSeededRandom('X') });
  return async (request) => {
    if (request.path.endsWith('/partyinfo/validate')) {
      const payload = decodeLegacyPayload(request.body, '1.0');
      const body = await enclave.open(payload, keyAgreement.publicKeys()[0] as Uint8Array).catch(() => 'no');
      return { status: 200, body };
    }
    if (request.path.endsWith('/push'))
      return { status: 201, body: bytesToBase64(payloadHash(decodeLegacyPayload(request.body, '1.0'))) };
    return { status: 200 };
  };
}

/** A client through which the weather blows. */
function createTap(inner: HttpClient, weather: Weather, nodeAt: (url: string) => string | undefined): HttpClient {
  return {
    close() {},
    async request(request) {
      const [, base = '', path = '/'] = /^(http:\/\/[^/]+)(\/.*)?$/.exec(request.url) ?? [];
      if (weather.away.has(`${base}/`))
        throw new IsoquorumError('HTTP_UNREACHABLE', 'away', { url: request.url }, 'RETRY');
      const isBackground = path === '/partyinfo' || path.startsWith('/isoquorum/');
      const body = request.body instanceof Uint8Array ? bytesToBase64(request.body) : (request.body ?? '');
      if (!isBackground) weather.captured.push({ url: `${base}/`, path, body });
      const found = isBackground
        ? -1
        : weather.injected.findIndex(
            (item) => item.request.path === path && (item.to === 'X' || item.to === nodeAt(`${base}/`)),
          );
      const [injected] = found < 0 ? [] : weather.injected.splice(found, 1);
      if (injected === undefined) return inner.request(request);
      if (injected.response.status === undefined)
        throw new IsoquorumError('HTTP_UNREACHABLE', 'dropped', { url: request.url }, 'RETRY');
      const text = injected.response.bodyText ?? '';
      return { status: injected.response.status, reason: '', headers: {}, body: new TextEncoder().encode(text) };
    },
  };
}

/** Our managers in the places of the recorded nodes of one network, over HTTP without sockets. */
export async function startReplayNetwork(recording: Recording, network: string): Promise<ReplayNetwork> {
  const http = createMemoryHttp();
  const weather: Weather = { away: new Set(), enclavesAway: new Set(), injected: [], captured: [] };
  const nodes = recording.topology.filter((node) => node.network === network);
  const nodeAt = (url: string): string | undefined => nodes.find((node) => advertised(node) === url)?.node;
  const client = createTap(http.client, weather, nodeAt);
  const running = new Map<string, RunningManager>();
  const enclaves = new Map<string, HttpClient>();
  const secret = (name: string): Uint8Array => base64ToBytes(recording.keyPairs.get(name)?.privateKey ?? '');
  const peer = recording.keyPairs.get('X');
  if (peer !== undefined)
    await http.listen(createPeer(base64ToBytes(peer.privateKey)), { host: '127.0.0.1', port: 22_980 });

  for (const node of nodes) {
    const local = createEnclave({
      keyAgreement: createMemoryKeyAgreement(node.keys.map(secret)),
      random: createSeededRandom(node.node),
      forwardingKeys: node.alwaysSendTo.map((name) => base64ToBytes(recording.keyPairs.get(name)?.publicKey ?? '')),
      checkMetadata: false,
    });
    const handler = createEnclaveHandler(local, silentLogger, '1.0');
    enclaves.set(node.node, createHandlerClient(handler));
    const remoteHttp: HttpClient = {
      close() {},
      async request(request) {
        if (weather.enclavesAway.has(node.node)) throw new IsoquorumError('HTTP_UNREACHABLE', 'away', {}, 'RETRY');
        const path = request.url.replace(/^https?:\/\/[^/]+/, '');
        const found = weather.injected.findIndex(
          (item) => item.server === 'ENCLAVE' && item.to === node.node && item.request.path === path,
        );
        const [injected] = found < 0 ? [] : weather.injected.splice(found, 1);
        if (injected?.response.status !== undefined)
          return { status: injected.response.status, reason: '', headers: {}, body: new Uint8Array(0) };
        return createHandlerClient(handler).request(request);
      },
    };
    const clock = createClock();
    const enclave = node.remoteEnclave
      ? createRemoteEnclave({ url: 'http://enclave', http: remoteHttp, clock, dialect: '1.0', keyRefreshMs: 0 })
      : local;
    const address = (server: string): { host: string; port: number } => ({
      host: '127.0.0.1',
      port: node.ports[server] as number,
    });
    const manager = await createManager({
      enclave,
      store: createMemoryStore(),
      clock,
      random: createSeededRandom(`${node.node} manager`),
      logger: silentLogger,
      http: client,
      async listen(serve, at) {
        const { port } = at as { readonly port: number };
        const listener = await http.listen(serve, { host: '127.0.0.1', port });
        const isP2p = port === node.ports['P2P'];
        const outside = isP2p ? await http.listen(serve, address('advertisedP2P')) : undefined;
        return {
          url: outside?.url ?? listener.url,
          close: async () => void (await Promise.all([listener.close(), outside?.close()])),
        };
      },
      q2t: address('Q2T'),
      p2p: address('P2P'),
      thirdParty: address('ThirdParty'),
      peers: nodes.map(advertised),
      profile: 'tessera-1.0',
      privacyEnhancements: node.enablePrivacyEnhancements,
      remoteKeyValidation: node.enableRemoteKeyValidation,
      disablePeerDiscovery: node.disablePeerDiscovery,
      partyInfoIntervalMs: 3_600_000,
      corsOrigins: ['http://localhost:63342'],
    });
    running.set(node.node, manager);
  }

  const isComplete = (): boolean =>
    nodes.every((node) =>
      nodes.every(
        (other) =>
          other === node ||
          other.keys.every(
            (name) =>
              running.get(node.node)?.directory.get(base64ToBytes(recording.keyPairs.get(name)?.publicKey ?? '')) !==
              undefined,
          ),
      ),
    );
  for (let tries = 0; tries < 500 && !isComplete(); tries++) await new Promise((resolve) => setTimeout(resolve, 10));

  const request: ReplayNetwork['request'] = async (name, server, { path, ...rest }) => {
    const node = nodes.find((candidate) => candidate.node === name);
    if (node === undefined) throw new Error(`no node ${name} in network ${network}`);
    if (server === 'ENCLAVE')
      return (enclaves.get(name) as HttpClient).request({
        ...rest,
        url: `http://127.0.0.1:${node.ports['ENCLAVE']}${path}`,
      });
    return http.client.request({ ...rest, url: `http://127.0.0.1:${node.ports[server]}${path}` });
  };

  return {
    weather,
    nodeAt,
    request,
    async clearUp() {
      if (weather.away.size + weather.enclavesAway.size === 0) return;
      weather.away.clear();
      weather.enclavesAway.clear();
      for (const node of nodes) {
        const url = advertised(node);
        const recipients = node.keys.map((name) => ({
          key: base64ToBytes(recording.keyPairs.get(name)?.publicKey ?? ''),
          url,
        }));
        const body = encodePartyInfo({ url, recipients, parties: [] });
        const headers = { 'content-type': 'application/octet-stream', tesseraSupportedApiVersions: '2.1,v1,v2' };
        for (const other of nodes)
          if (other !== node) await request(other.node, 'P2P', { method: 'POST', path: '/partyinfo', headers, body });
      }
    },
    async introducePeer(name) {
      if (peer === undefined) return;
      const key = base64ToBytes(peer.publicKey);
      if (running.get(name)?.directory.get(key) !== undefined) return;
      const url = 'http://127.0.0.1:22980/';
      const body = encodePartyInfo({ url, recipients: [{ key, url }], parties: [] });
      const headers = { 'content-type': 'application/octet-stream', tesseraSupportedApiVersions: '2.1,v1,v2' };
      await request(name, 'P2P', { method: 'POST', path: '/partyinfo', headers, body });
    },
    async stop() {
      await Promise.all([...running.values()].map((manager) => manager.stop()));
    },
  };
}
