import { availableParallelism } from 'node:os';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { Logger } from '@isoquorum/platform/logger';
import { createNodeKeyAgreement } from '@isoquorum/platform/node/key-agreement';
import { createRandom } from '@isoquorum/platform/node/random';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import { readKeyFile } from './key-files.ts';
import { createOpeningPool } from './opening-pool.ts';

/** A key of the enclave: a file, or the 32 bytes. */
export type ManagerKey = { readonly path: string; readonly password?: string } | Uint8Array;

export interface LocalEnclaveOptions {
  /** The first is the default key. */
  readonly keys: readonly ManagerKey[];
  /** Public keys, in base64, that every payload is also sent to. */
  readonly alwaysSendTo?: readonly string[];
  /** Threads that help to open many payloads at once; one less than the machine's cores unless told, 0 for none. */
  readonly openingThreads?: number;
}

/** Codes of the errors of {@link openLocalEnclave}, beside those of key files. */
export type LocalEnclaveErrorCode = 'MANAGER_WITHOUT_KEYS';

/** Private keys from files and bytes. @throws as `readKeyFile`; MANAGER_WITHOUT_KEYS */
async function loadKeys(keys: readonly ManagerKey[]): Promise<Uint8Array[]> {
  if (keys.length === 0) {
    throw new IsoquorumError('MANAGER_WITHOUT_KEYS', 'At least 1 public/private key pair must be provided', {}, 'STOP');
  }
  return Promise.all(keys.map(async (key) => (key instanceof Uint8Array ? key : readKeyFile(key.path, key.password))));
}

/** An enclave in this process; `close` ends its threads. @throws as `readKeyFile`; MANAGER_WITHOUT_KEYS */
export async function openLocalEnclave(
  options: LocalEnclaveOptions,
  logger: Logger,
): Promise<{ readonly enclave: Enclave; readonly close: () => Promise<void> }> {
  const privateKeys = await loadKeys(options.keys);
  const enclave = createEnclave({
    keyAgreement: createNodeKeyAgreement(privateKeys),
    random: createRandom(),
    forwardingKeys: (options.alwaysSendTo ?? []).map((key): EnclaveKey => base64ToBytes(key, 'alwaysSendTo')),
  });
  const threads = options.openingThreads ?? availableParallelism() - 1;
  if (threads < 1) return { enclave, close: async () => undefined };
  const pool = createOpeningPool({ enclave, privateKeys, threads, logger });
  return { enclave: pool, close: () => pool.close() };
}
