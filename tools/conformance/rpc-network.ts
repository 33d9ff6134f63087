import { startTestNetwork, type TestNetwork } from '@isoquorum/node/testing/start-test-network';
import { testKey } from '@isoquorum/node/testing/genesis';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { readJson } from './files.ts';
import { createStandInManagers } from './rpc-managers.ts';

/** `network.json` of vectors/rpc, as far as it is used. */
export interface RecordedNetwork {
  readonly genesis: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly alloc: object;
    readonly gasLimit: string;
  };
  readonly accounts: readonly { readonly use: string; readonly privateKey: string; readonly address: string }[];
  readonly privateManagerKeys: readonly string[];
}

export interface ReplayNetwork {
  readonly recorded: RecordedNetwork;
  /** Private key of an account with funds that no recording knows. */
  readonly funder: Uint8Array;
  readonly http: string;
  readonly ws: string;
  /** Our validators, sorted; the first node's own is `nodeAddress`. */
  readonly validators: readonly string[];
  readonly nodeAddress: string;
  stop(): Promise<void>;
}

const VALIDATORS = 3;

/** Hosts and origins that the recorded node allowed. */
const ALLOWED_HOSTS = ['localhost', 'node.example'];
const ALLOWED_ORIGINS = ['https://dapp.example'];

/**
 * A network like the recorded one: its chain id, forks, funds, accounts and managers' keys, with validators of our own (the recorded ones'
 * keys are not published), so that the genesis hash differs.
 */
export async function startReplayNetwork(folder: string): Promise<ReplayNetwork> {
  const recorded = readJson<RecordedNetwork>(`${folder}/network.json`);
  const funder = testKey('funder of recordings');
  const managers = createStandInManagers(folder, recorded.privateManagerKeys);
  const held = recorded.accounts
    .filter(({ use }) => use.includes('held'))
    .map(({ privateKey }) => hexToBytes(privateKey));
  const network: TestNetwork = await startTestNetwork({
    validators: VALIDATORS,
    genesis: (json) => ({
      ...json,
      config: recorded.genesis.config,
      alloc: {
        ...recorded.genesis.alloc,
        [bytesToHex(privateKeyToAddress(funder))]: { balance: `0x${(10n ** 30n).toString(16)}` },
      },
      gasLimit: recorded.genesis.gasLimit,
    }),
    manager: (index) => {
      const client = managers[index];
      return client === undefined ? undefined : { client };
    },
    nodeOptions: {
      accountKeys: held,
      rules: 'goquorum',
      http: { port: 0, allowedHosts: ALLOWED_HOSTS, corsOrigins: ALLOWED_ORIGINS },
      ws: { port: 0, allowedHosts: ALLOWED_HOSTS, origins: [...ALLOWED_ORIGINS, 'localhost'] },
    },
  });
  const { http = '', ws = '' } = network.nodes[0]?.info ?? {};
  const addresses = network.nodes.map(({ info }) => info.address.toLowerCase());
  return {
    recorded,
    funder,
    http,
    ws,
    validators: addresses.toSorted(),
    nodeAddress: addresses[0] ?? '',
    stop: () => network.stop(),
  };
}
