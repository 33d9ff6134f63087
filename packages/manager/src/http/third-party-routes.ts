import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Enclave } from '@isoquorum/privacy/enclave/enclave';
import type { PartyDirectory } from '@isoquorum/privacy/statement/directory';
import { JSON_TYPE, TESSERA_2_1 } from '@isoquorum/rpc/rest/media';
import type { Route } from '@isoquorum/rpc/rest/router';
import { jsonAnswer } from './common-routes.ts';
import { createQ2tRoutes, createStoreRawRoute, type Q2tRoutesOptions } from './q2t-routes.ts';

export interface ThirdPartyRoutesOptions extends Q2tRoutesOptions {
  readonly enclave: Enclave;
  readonly directory: PartyDirectory;
}

/** What client libraries use beside the node (tessera.md 3.5). */
export function createThirdPartyRoutes(options: ThirdPartyRoutesOptions): Route[] {
  const { enclave, directory } = options;
  const named = (keys: readonly Uint8Array[]): { keys: { key: string }[] } => ({
    keys: keys.map((key) => ({ key: bytesToBase64(key) })),
  });
  // web3js-quorum sends to its `privateUrl`, which is this server; Tessera 1.0 has no /send here.
  const send =
    options.profile.rules.dialect === '1.0' ? [] : createQ2tRoutes(options).filter(({ path }) => path === '/send');
  return [
    ...send,
    createStoreRawRoute(options, JSON_TYPE),
    createStoreRawRoute(options, TESSERA_2_1),
    {
      method: 'GET',
      path: '/keys',
      produces: [JSON_TYPE],
      handle: async () => jsonAnswer(named(await enclave.publicKeys())),
    },
    {
      method: 'GET',
      path: '/partyinfo/keys',
      produces: [JSON_TYPE],
      async handle() {
        const own = await enclave.publicKeys();
        const texts = new Set([...own, ...directory.entries().map(({ key }) => key)].map(bytesToBase64));
        return jsonAnswer({ keys: [...texts].map((key) => ({ key })) });
      },
    },
  ];
}
