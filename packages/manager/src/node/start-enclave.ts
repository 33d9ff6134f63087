import type { EnclaveKey } from '@isoquorum/primitives/bytes';
import type { HttpHandler } from '@isoquorum/platform/http';
import type { Logger } from '@isoquorum/platform/logger';
import type { ListenAddress } from '../create-manager.ts';
import { createEnclaveHandler, ENCLAVE_BODY_BYTES_MAX } from '../http/enclave-routes.ts';
import { guard } from '../http/guard.ts';
import { type LocalEnclaveOptions, openLocalEnclave } from './local-enclave.ts';
import { createSocketListen } from './start-manager.ts';

export interface StartEnclaveOptions extends LocalEnclaveOptions {
  /** It opens payloads for whoever reaches it: loopback or a unix socket, unless the network between is trusted. */
  readonly listen: ListenAddress;
  readonly logger: Logger;
}

export interface RunningEnclave {
  readonly url: string;
  readonly publicKeys: readonly EnclaveKey[];
  stop(): Promise<void>;
}

/** `isoquorum enclave`: a process that holds the keys and nothing else. @throws as `openLocalEnclave`; PORT_BUSY, SOCKET_BUSY, LISTEN_FAILED */
export async function startEnclave(options: StartEnclaveOptions): Promise<RunningEnclave> {
  const { enclave, close } = await openLocalEnclave(options, options.logger);
  const handler: HttpHandler = guard(createEnclaveHandler(enclave, options.logger), { origins: [] });
  const listener = await createSocketListen(options.logger)(handler, options.listen, {
    maxBodyBytes: ENCLAVE_BODY_BYTES_MAX,
    name: 'enclave',
  });
  return {
    url: listener.url,
    publicKeys: await enclave.publicKeys(),
    async stop() {
      await listener.close();
      await close();
    },
  };
}
