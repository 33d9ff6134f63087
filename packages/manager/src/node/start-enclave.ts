import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import { base64ToBytes } from '@isoquorum/primitives/base64';
import type { HttpHandler } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import { createNodeKeyAgreement } from '@isoquorum/platform/node/key-agreement';
import { createRandom } from '@isoquorum/platform/node/random';
import { createEnclave } from '@isoquorum/privacy/enclave/create-enclave';
import type { ListenAddress } from '../create-manager.ts';
import { createEnclaveHandler, ENCLAVE_BODY_BYTES_MAX } from '../http/enclave-routes.ts';
import { guard } from '../http/guard.ts';
import { createSocketListen, loadKeys, type ManagerKey } from './start-manager.ts';

export interface StartEnclaveOptions {
  readonly keys: readonly ManagerKey[];
  readonly alwaysSendTo?: readonly string[];
  /** It opens payloads for whoever reaches it: loopback or a unix socket, unless the network between is trusted. */
  readonly listen: ListenAddress;
  readonly logger: Logger;
}

export interface RunningEnclave {
  readonly url: string;
  readonly publicKeys: readonly EnclaveKey[];
  stop(): Promise<void>;
}

/** `isoquorum enclave`: a process that holds the keys and nothing else. @throws as `loadKeys`; PORT_BUSY, SOCKET_BUSY, LISTEN_FAILED */
export async function startEnclave(options: StartEnclaveOptions): Promise<RunningEnclave> {
  const keyAgreement = createNodeKeyAgreement(await loadKeys(options.keys));
  const forwardingKeys = (options.alwaysSendTo ?? []).map((key): EnclaveKey => base64ToBytes(key, 'alwaysSendTo'));
  const enclave = createEnclave({ keyAgreement, random: createRandom(), forwardingKeys });
  const handler: HttpHandler = guard(createEnclaveHandler(enclave, options.logger), { origins: [] });
  const listener = await createSocketListen(options.logger)(handler, options.listen, {
    maxBodyBytes: ENCLAVE_BODY_BYTES_MAX,
    name: 'enclave',
  });
  return { url: listener.url, publicKeys: keyAgreement.publicKeys(), stop: () => listener.close() };
}
