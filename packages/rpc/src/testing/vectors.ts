import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder of the shared vectors: `ISOQUORUM_SHARED`, or `shared` beside the repository. */
export const sharedFolder: string =
  process.env['ISOQUORUM_SHARED'] ?? fileURLToPath(new URL('../../../../../shared', import.meta.url));
export const rpcVectors: string = `${sharedFolder}/vectors/rpc`;
export const hasRpcVectors: boolean = existsSync(`${rpcVectors}/raw-http.json`);

export interface RecordedExchange {
  readonly i: number;
  readonly step: string;
  readonly transport: 'http' | 'ws';
  readonly connection?: number;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly raw: string | null;
    readonly parsed?: unknown;
  };
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly raw: string;
    readonly parsed?: unknown;
  };
}

export function readRecording(name: string): readonly RecordedExchange[] {
  return (JSON.parse(readFileSync(`${rpcVectors}/${name}.json`, 'utf8')) as { exchanges: readonly RecordedExchange[] })
    .exchanges;
}
