import { bytesToBareHex } from '@isoquorum/primitives/hex';
import { decodeInvitation } from '../../admission/invitation.ts';
import type { Peer } from '../../host.ts';
import { type BrowserHost, createBrowserHost } from '../../libp2p/browser/host.ts';
import { loadBrowserIdentity } from '../../libp2p/browser/identity.ts';
import { PAYLOAD_PROTOCOL, SYNC_PROTOCOL } from '../../protocols.ts';
import { testChain, testClock, testRandom } from '../chain.ts';

/** What a test may ask of the page; every answer is plain JSON. */
export interface TestPage {
  identity(): Promise<{ peerId: string; signature: string; exported: string }>;
  open(validators: readonly string[], genesis?: number): Promise<void>;
  redeem(invitation: string): Promise<{ name: string }>;
  start(): Promise<void>;
  peers(): readonly { id: string; transport: string; role: string; multiaddr: string; client: string }[];
  dialPage(peerId: string): Promise<{ id: string; transport: string }>;
  ask(peerId: string, protocol: 'sync' | 'payload', size: number): Promise<{ size: number; first: number; ms: number }>;
  failures(): readonly string[];
}

let host: BrowserHost | undefined;
const failures: string[] = [];

function current(): BrowserHost {
  if (host === undefined) throw new Error('open() first');
  return host;
}

const describePeer = (
  peer: Peer,
): { id: string; transport: string; role: string; multiaddr: string; client: string } => ({
  id: peer.id,
  transport: peer.transport,
  role: peer.role,
  multiaddr: peer.multiaddr,
  client: peer.status.client,
});

/** A coded error as text that survives the way out of the page. */
async function coded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { code = 'UNCODED', message } = error as { code?: string; message: string };
    throw new Error(`${code}: ${message}`);
  }
}

const page: TestPage = {
  identity: async () => {
    const identity = await loadBrowserIdentity();
    const signature = bytesToBareHex(await identity.sign(new Uint8Array(3)));
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('isoquorum-identity');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const pair = await new Promise<CryptoKeyPair>((resolve) => {
      const request = database.transaction('keys').objectStore('keys').get('identity');
      request.onsuccess = () => resolve(request.result as CryptoKeyPair);
    });
    database.close();
    let exported = 'exported';
    try {
      await crypto.subtle.exportKey('pkcs8', pair.privateKey);
    } catch (error) {
      exported = (error as Error).name;
    }
    return { peerId: identity.peerId, signature, exported };
  },
  open: async (validators, genesis = 1) => {
    host = await createBrowserHost({
      identity: await loadBrowserIdentity(),
      chain: { ...testChain({ role: 'browser', genesis }), client: 'test-page' },
      validators,
      clock: testClock,
      random: testRandom,
      logger: {
        log: (level, message, fields) => console.log(level, message, JSON.stringify(fields)),
        child: (): never => undefined as never,
      },
      reconnect: { firstDelayMs: 200 },
      onDialFailed: (_, error) => failures.push(`${(error as { code?: string }).code}: ${error.message}`),
    });
    const answer = async (_: Peer, request: Uint8Array): Promise<Uint8Array> => request.map((byte) => byte + 1);
    host.onRequest(PAYLOAD_PROTOCOL, answer);
  },
  redeem: async (text) => coded(current().redeem(decodeInvitation(text))),
  start: async () => coded(current().start()),
  peers: () => current().peers().map(describePeer),
  dialPage: async (peerId) => coded(current().dialPage(peerId)).then(describePeer),
  ask: async (peerId, protocol, size) => {
    const name = protocol === 'sync' ? SYNC_PROTOCOL : PAYLOAD_PROTOCOL;
    const startedMs = performance.now();
    const answer = await coded(current().request(peerId, name, new Uint8Array(size).fill(6)));
    return { size: answer.length, first: answer[0] ?? -1, ms: performance.now() - startedMs };
  },
  failures: () => failures,
};

(globalThis as unknown as { testPage: TestPage }).testPage = page;
