import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex, compareBytes, concatBytes } from '@isoquorum/primitives/hex';
import { ISTANBUL_DIGEST } from '@isoquorum/primitives/istanbul-digest';
import { encodeIbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import type { QuorumRule } from '../machines/bft/bft-genesis.ts';
import type { ConsensusName } from '../consensus-names.ts';
import type { Fault } from '../faults/fault.ts';
import { VALIDATOR_CONTRACT, validatorContractAccount } from './validator-contract.ts';

export type Transition = Extract<Fault, { kind: 'transition' }>;

/** A private key of a simulation, the same for the same name. */
export function simulatedKey(name: string): Uint8Array {
  return keccak256(utf8ToBytes(`isoquorum simulated ${name}`));
}

export interface NodeGenesisOptions {
  readonly consensus: ConsensusName;
  /** Of those who decide at first. */
  readonly validatorKeys: readonly Uint8Array[];
  /** Of one more, which a contract can name besides. */
  readonly newcomerKey: Uint8Array | undefined;
  readonly transitions: readonly Transition[];
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

/** Seconds between two blocks, and between two that are empty, once a transition has changed them. */
const otherPeriodSeconds = 2;
const emptyPeriodSeconds = 3;

/** Milliseconds between two blocks of a chain with these transitions at the most. */
export function longestPeriodMs(consensus: ConsensusName, transitions: readonly Transition[]): number {
  if (consensus === 'raft' || consensus === 'clique') return 1000;
  const has = (change: Transition['change']): boolean => transitions.some((transition) => transition.change === change);
  return 1000 * (has('emptyPeriod') ? emptyPeriodSeconds : has('period') ? otherPeriodSeconds : 1);
}

/** The addresses that the contract can name: those of the genesis first, and the newcomer. */
export function contractList(options: Pick<NodeGenesisOptions, 'validatorKeys' | 'newcomerKey'>): readonly Address[] {
  const { validatorKeys, newcomerKey } = options;
  return [...validatorKeys, ...(newcomerKey === undefined ? [] : [newcomerKey])].map(nodeKeyToAddress);
}

/** The blocks at which the chain goes over to QBFT, and to a contract's validators; undefined where it does not. */
export function turningPoints(
  consensus: ConsensusName,
  transitions: readonly Transition[],
): { readonly qbft: number | undefined; readonly contract: number | undefined } {
  const blockOf = (change: Transition['change']): number | undefined =>
    transitions.find((transition) => transition.change === change)?.block;
  const qbft = consensus === 'qbft' ? undefined : blockOf('qbft');
  const from = consensus === 'qbft' ? 0 : qbft;
  const contract = blockOf('contract');
  const isReached = from !== undefined && contract !== undefined;
  return { qbft, contract: isReached ? Math.max(from + 1, contract) : undefined };
}

/** What the genesis says of later blocks. A contract comes after QBFT, and nothing but QBFT after Raft. */
function transitionsOf(
  { consensus, transitions }: NodeGenesisOptions,
  addresses: readonly Address[],
  rounds: Readonly<Record<string, unknown>>,
): readonly Readonly<Record<string, unknown>>[] {
  const { qbft, contract } = turningPoints(consensus, transitions);
  const first = consensus === 'raft' ? qbft : 0;
  if (first === undefined) return [];
  const list = { validators: addresses.map((address) => bytesToHex(address)), epochlength: 30_000, ...rounds };
  const entries = transitions.flatMap(({ change, block }): Readonly<Record<string, unknown>>[] => {
    switch (change) {
      case 'period':
        return block > first ? [{ block, blockperiodseconds: otherPeriodSeconds }] : [];
      case 'emptyPeriod':
        return block > first ? [{ block, emptyblockperiodseconds: emptyPeriodSeconds }] : [];
      case 'qbft': {
        const settings = { algorithm: 'qbft', blockperiodseconds: 1, requesttimeoutseconds: 2 };
        return qbft === undefined ? [] : [{ block, ...settings, ...(consensus === 'raft' ? list : {}) }];
      }
      case 'contract': {
        const settings = { validatorselectionmode: 'contract', validatorcontractaddress: VALIDATOR_CONTRACT };
        return contract === undefined ? [] : [{ block: contract, ...settings }];
      }
    }
  });
  return entries.toSorted((left, right) => Number(left['block']) - Number(right['block']));
}

/** What the engine adds to the genesis file. */
function engineOf(options: NodeGenesisOptions): Readonly<Record<string, unknown>> {
  const { consensus, quorumRule } = options;
  const addresses = options.validatorKeys.map(nodeKeyToAddress).toSorted(compareBytes);
  const rule = quorumRule === '2F+1' ? { '2FPlus1Enabled': true } : {};
  const longest = { maxRequestTimeoutSeconds: 16 };
  const transitions = transitionsOf(options, addresses, { ...longest, ...rule });
  const vanity = new Uint8Array(32);
  switch (consensus) {
    case 'raft':
      return { config: transitions.length === 0 ? {} : { transitions }, extraData: '0x' };
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
      return {
        config: { [consensus]: settings, transitions: [{ block: 0, ...longest, ...rule }, ...transitions] },
        extraData: bytesToHex(extra),
        mixHash: bytesToHex(ISTANBUL_DIGEST),
      };
    }
  }
}

/** The JSON of a genesis of one of the four kinds, period 1 s, with rich accounts. */
export function createNodeGenesisJson(options: NodeGenesisOptions): Readonly<Record<string, unknown>> {
  const { config, ...engine } = engineOf(options);
  const accounts = options.accountKeys.map((key) => bytesToHex(privateKeyToAddress(key)));
  const hasContract = options.transitions.some(({ change }) => change === 'contract');
  const contract = hasContract
    ? { [VALIDATOR_CONTRACT]: validatorContractAccount(contractList(options), options.validatorKeys.length) }
    : {};
  return {
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
    alloc: {
      ...Object.fromEntries(accounts.map((address) => [address, { balance: '0xd3c21bcecceda1000000' }])),
      ...contract,
    },
  };
}
