import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Shapes of `vectors/tessera` as far as the replay reads them (its README). */
export interface RecordedBody {
  readonly bodyText?: string;
  readonly bodyJson?: unknown;
  readonly bodyBase64?: string;
  readonly bodyOmitted?: boolean;
}

export interface RecordedRequest extends RecordedBody {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
}

export interface RecordedResponse extends RecordedBody {
  readonly status?: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly containerErrorPage?: boolean;
  readonly injected?: boolean;
  readonly error?: string;
  readonly dropped?: boolean;
}

export interface CausedExchange {
  readonly server: string;
  readonly to: string;
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly injected?: boolean;
}

export interface RecordedExchange {
  readonly id: string;
  readonly node: string;
  readonly server: 'Q2T' | 'P2P' | 'ThirdParty' | 'ENCLAVE';
  readonly request: RecordedRequest;
  readonly response: RecordedResponse;
  readonly caused?: readonly CausedExchange[];
}

export interface RecordedGroup {
  readonly group: string;
  readonly network: string;
  readonly bindings: Readonly<Record<string, string>>;
  readonly exchanges: readonly RecordedExchange[];
}

export interface RecordedNode {
  readonly node: string;
  readonly network: string;
  readonly keys: readonly string[];
  readonly enablePrivacyEnhancements: boolean;
  readonly enableRemoteKeyValidation: boolean;
  readonly disablePeerDiscovery: boolean;
  readonly alwaysSendTo: readonly string[];
  readonly remoteEnclave: boolean;
  readonly ports: Readonly<Record<string, number>>;
}

export interface RecordedKeyPair {
  readonly name: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

export interface Recording {
  readonly groups: readonly RecordedGroup[];
  readonly topology: readonly RecordedNode[];
  readonly keyPairs: ReadonlyMap<string, RecordedKeyPair>;
}

function readJson<T>(path: string): T {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}

/** The HTTP scenarios of a folder laid out like `vectors/tessera`. */
export function readRecording(folder: string): Recording {
  const { groups } = readJson<{ groups: RecordedGroup[] }>(join(folder, 'http.json.gz'));
  const { topology } = readJson<{ topology: RecordedNode[] }>(join(folder, 'configs.json'));
  const { keyPairs } = readJson<{ keyPairs: RecordedKeyPair[] }>(join(folder, 'keys.json'));
  return { groups, topology, keyPairs: new Map(keyPairs.map((pair) => [pair.name, pair])) };
}
