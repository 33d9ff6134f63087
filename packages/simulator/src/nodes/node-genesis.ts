import { type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { bytesToHex, compareBytes, concatBytes } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { encodeIbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import type { ConsensusName } from '../consensus-names.ts';

/** A private key of a simulation, the same for the same name. */
export function simulatedKey(name: string): Uint8Array {
  return keccak256(utf8ToBytes(`isoquorum simulated ${name}`));
}

export interface NodeGenesisOptions {
  readonly consensus: ConsensusName;
  readonly nodeKeys: readonly Uint8Array[];
  readonly accountKeys: readonly Uint8Array[];
  /** Seconds. */
  readonly timestamp: number;
  readonly quorumRule: QuorumRule;
}

const forks = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
];

/** What the engine adds to the genesis file. */
function engineOf(options: NodeGenesisOptions): Readonly<Record<string, unknown>> {
  const { consensus, quorumRule } = options;
  const addresses = options.nodeKeys.map(nodeKeyToAddress).toSorted(compareBytes);
  const vanity = new Uint8Array(32);
  switch (consensus) {
    case 'raft':
      return { config: {}, extraData: '0x' };
    case 'clique':
      return {
        config: { clique: { period: 1, epoch: 30_000 } },
        extraData: bytesToHex(concatBytes(vanity, ...addresses, new Uint8Array(65))),
      };
    default: {
      const extra =
        consensus === 'qbft'
          ? encodeQbftExtra({ vanity, validators: addresses, vote: undefined, round: 0, committedSeals: [] })
          : encodeIbftExtra({ vanity, validators: addresses, seal: new Uint8Array(0), committedSeals: [] });
      const settings = { epochlength: 30_000, blockperiodseconds: 1, requesttimeoutseconds: 2, ceil2Nby3Block: 0 };
      const rule = quorumRule === '2F+1' ? { '2FPlus1Enabled': true } : {};
      return {
        config: { [consensus]: settings, transitions: [{ block: 0, maxRequestTimeoutSeconds: 16, ...rule }] },
        extraData: bytesToHex(extra),
        mixHash: bytesToHex(ISTANBUL_DIGEST),
      };
    }
  }
}

/** A genesis of one of the four kinds, period 1 s, with rich accounts. */
export function createNodeGenesis(options: NodeGenesisOptions): Genesis {
  const { config, ...engine } = engineOf(options);
  const accounts = options.accountKeys.map((key) => bytesToHex(privateKeyToAddress(key)));
  return parseGenesis({
    config: {
      chainId: 1337,
      isQuorum: true,
      ...Object.fromEntries(forks.map((fork) => [fork, 0])),
      ...(config as Record<string, unknown>),
    },
    nonce: '0x0',
    timestamp: `0x${options.timestamp.toString(16)}`,
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    coinbase: '0x0000000000000000000000000000000000000000',
    ...engine,
    alloc: Object.fromEntries(accounts.map((address) => [address, { balance: '0xd3c21bcecceda1000000' }])),
  });
}
