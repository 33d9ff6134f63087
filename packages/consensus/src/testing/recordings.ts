import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Where the shared data is: ISOQUORUM_SHARED, else next to the repository. */
export const sharedPath: string =
  process.env['ISOQUORUM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));

/** Path of a vector, and whether it is there. */
export function vectorPath(...parts: readonly string[]): string {
  return join(sharedPath, 'vectors', ...parts);
}

export function hasVectors(...parts: readonly string[]): boolean {
  return existsSync(vectorPath(...parts));
}

export function readJson<T>(...parts: readonly string[]): T {
  const bytes = readFileSync(vectorPath(...parts));
  return JSON.parse((parts.at(-1)?.endsWith('.gz') === true ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}

export function readBytes(...parts: readonly string[]): Uint8Array {
  const bytes = readFileSync(vectorPath(...parts));
  return new Uint8Array(parts.at(-1)?.endsWith('.gz') === true ? gunzipSync(bytes) : bytes);
}

export function listVectors(...parts: readonly string[]): readonly string[] {
  return hasVectors(...parts) ? readdirSync(vectorPath(...parts)).sort() : [];
}

export interface RecordedMessage {
  readonly id: string;
  readonly code: number;
  readonly type: string;
  readonly sequence: number;
  readonly round: number;
  readonly digest?: string;
  readonly signingBytes: string;
  readonly signature: string;
  readonly signer: string;
  readonly wire: string;
  readonly commitSeal?: string;
  readonly commitSealDigest?: string;
  readonly preparedBlock?: string | null;
  readonly justification?: readonly unknown[] | Record<string, unknown>;
}

/** One line of a node's trace; fields depend on `k`. */
export interface TraceEntry {
  readonly n: number;
  readonly t: number;
  readonly k: string;
  readonly event?: string;
  readonly msg?: string;
  readonly block?: string;
  readonly err?: string;
  readonly error?: string | null;
  readonly delayMs?: number;
  readonly seq?: number;
  readonly round?: number;
  readonly ms?: number;
  readonly number?: number;
  readonly hash?: string;
  readonly head?: number;
  readonly headHash?: string;
  readonly lastProposer?: string;
  readonly proposer?: string;
  readonly isProposer?: boolean;
  readonly roundChange?: boolean;
  readonly quorum?: number;
  readonly f?: number;
  readonly validators?: readonly string[];
  readonly seals?: readonly string[];
  readonly state?: string;
  readonly prepares?: number;
  readonly commits?: number;
}

/** One recorded run (vectors/consensus/README.md). */
export interface Recording {
  readonly engine: 'ibft' | 'qbft';
  readonly scenario: string;
  readonly genesis: unknown;
  readonly genesisHash: string;
  readonly validators: readonly { readonly nodeKey: string; readonly address: string }[];
  readonly messages: readonly RecordedMessage[];
  readonly proposals: readonly { readonly id: string; readonly hash: string; readonly rlp: string }[];
  readonly blocks: readonly {
    readonly number: number;
    readonly hash: string;
    readonly rlp: string;
    readonly round: number;
    readonly author?: string;
    readonly committers?: readonly string[];
  }[];
  readonly snapshot: unknown;
  readonly nodes: readonly {
    readonly index: number;
    readonly address: string;
    readonly trace: readonly TraceEntry[];
  }[];
}
