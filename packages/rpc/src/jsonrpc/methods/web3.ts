import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { bytes } from '../parameters/hex.ts';
import { hashResult, json, textResult } from '../results.ts';

export interface Web3Methods {
  readonly web3_clientVersion: Method<[], string>;
  readonly web3_sha3: Method<[data: Uint8Array], Hash32>;
}

export const web3Methods: Web3Methods = {
  web3_clientVersion: { doc: 'Name and version of this node.', params: [], result: textResult },
  web3_sha3: { doc: 'Keccak-256 of the data.', params: [parameter('data', bytes)], result: hashResult },
};

export interface RpcMethods {
  readonly rpc_modules: Method<[], Readonly<Record<string, string>>>;
}

export const rpcMethods: RpcMethods = {
  rpc_modules: {
    doc: 'Namespaces that are served here, with their versions.',
    params: [],
    result: json('namespace to version'),
  },
};
