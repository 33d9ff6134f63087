import { type Genesis, parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex, compareBytes, concatBytes } from '@isoquorum/primitives/hex';
import { encodeIbftExtra, encodeQbftExtra } from '@isoquorum/primitives/istanbul-extra';
import { nodeKeyToAddress } from '@isoquorum/primitives/node-key';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { validatorContractAccount, validatorContractAddress } from './validator-contract.ts';

/** A private key for tests, the same for the same name. */
export function testKey(name: string): Uint8Array {
  return keccak256(utf8ToBytes(`isoquorum test key ${name}`));
}

export interface TestGenesisOptions {
  /** Default QBFT. */
  readonly algorithm?: 'ibft' | 'qbft';
  readonly transitions?: readonly Readonly<Record<string, unknown>>[];
  readonly nodeKeys: readonly Uint8Array[];
  readonly accountKeys?: readonly Uint8Array[];
  readonly blockPeriodSeconds?: number;
  readonly requestTimeoutSeconds?: number;
  readonly emptyBlockPeriodSeconds?: number;
  /** Seconds. */
  readonly timestamp?: number;
  readonly gasLimit?: bigint;
  /** More members of `config`, for instance `{ privacyEnhancementsBlock: 0 }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** QBFT only: a contract names the validators (at most four), from the genesis on or from a block. */
  readonly validatorsByContractFrom?: number;
}

const forksFromGenesis = {
  homesteadBlock: 0,
  eip150Block: 0,
  eip155Block: 0,
  eip158Block: 0,
  byzantiumBlock: 0,
  constantinopleBlock: 0,
  petersburgBlock: 0,
  istanbulBlock: 0,
} as const;

function allocOf(accountKeys: readonly Uint8Array[]): Record<string, unknown> {
  const accounts = accountKeys.map((key) => bytesToHex(privateKeyToAddress(key)));
  return Object.fromEntries(accounts.map((address) => [address, { balance: '0xd3c21bcecceda1000000' }]));
}

export interface TestCliqueGenesisOptions {
  readonly signers: readonly Address[];
  readonly accountKeys?: readonly Uint8Array[];
  /** 0: blocks are made when there are transactions. */
  readonly periodSeconds?: number;
  readonly epochLength?: number;
  /** Seconds. */
  readonly timestamp?: number;
}

/** The JSON of a Clique genesis. */
export function testCliqueGenesisJson(options: TestCliqueGenesisOptions): Record<string, unknown> {
  const signers = options.signers.toSorted(compareBytes);
  return {
    config: {
      chainId: 1337,
      ...forksFromGenesis,
      isQuorum: true,
      clique: { period: options.periodSeconds ?? 1, epoch: options.epochLength ?? 30000 },
    },
    nonce: '0x0',
    timestamp: `0x${(options.timestamp ?? 0).toString(16)}`,
    extraData: bytesToHex(concatBytes(new Uint8Array(32), ...signers, new Uint8Array(65))),
    gasLimit: '0x2faf0800',
    difficulty: '0x1',
    alloc: allocOf(options.accountKeys ?? []),
  };
}

export function testCliqueGenesis(options: TestCliqueGenesisOptions): Genesis {
  return parseGenesis(testCliqueGenesisJson(options));
}

/** The JSON of a BFT genesis whose validators are the given node keys. */
export function testGenesisJson(options: TestGenesisOptions): Record<string, unknown> {
  const validators = options.nodeKeys.map(nodeKeyToAddress).toSorted(compareBytes);
  const { algorithm = 'qbft', validatorsByContractFrom: from } = options;
  const byContract = { validatorselectionmode: 'contract', validatorcontractaddress: validatorContractAddress };
  const transitions =
    from === undefined || from === 0
      ? options.transitions
      : [...(options.transitions ?? []), { block: from, ...byContract }];
  const vanity = new Uint8Array(32);
  const extra =
    algorithm === 'qbft'
      ? encodeQbftExtra({
          vanity,
          validators: from === 0 ? [] : validators,
          vote: undefined,
          round: 0,
          committedSeals: [],
        })
      : encodeIbftExtra({ vanity, validators, seal: new Uint8Array(0), committedSeals: [] });
  const empty = options.emptyBlockPeriodSeconds;
  return {
    config: {
      chainId: 1337,
      ...forksFromGenesis,
      isQuorum: true,
      ...(transitions === undefined ? {} : { transitions }),
      [algorithm]: {
        epochlength: 30000,
        blockperiodseconds: options.blockPeriodSeconds ?? 1,
        requesttimeoutseconds: options.requestTimeoutSeconds ?? 4,
        policy: 0,
        ceil2Nby3Block: 0,
        ...(empty === undefined ? {} : { emptyblockperiodseconds: empty }),
        ...(from === 0 ? byContract : {}),
      },
      ...options.config,
    },
    nonce: '0x0',
    timestamp: `0x${(options.timestamp ?? 0).toString(16)}`,
    extraData: bytesToHex(extra),
    gasLimit: `0x${(options.gasLimit ?? 800_000_000n).toString(16)}`,
    difficulty: '0x1',
    mixHash: '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365',
    coinbase: '0x0000000000000000000000000000000000000000',
    alloc: {
      ...allocOf(options.accountKeys ?? []),
      ...(from === undefined ? {} : { [validatorContractAddress]: validatorContractAccount(validators) }),
    },
  };
}

export function testGenesis(options: TestGenesisOptions): Genesis {
  return parseGenesis(testGenesisJson(options));
}

export interface TestRaftGenesisOptions {
  readonly accountKeys?: readonly Uint8Array[];
  /** The chain goes over to QBFT at a block, with these validators. */
  readonly qbft?: { readonly block: number; readonly validators: readonly Address[] };
}

/** The JSON of a Raft genesis: it names no engine. */
export function testRaftGenesisJson(options: TestRaftGenesisOptions): Record<string, unknown> {
  const { qbft } = options;
  const transition = qbft && {
    block: qbft.block,
    algorithm: 'qbft',
    validators: qbft.validators.toSorted(compareBytes).map((address) => bytesToHex(address)),
    blockperiodseconds: 1,
    requesttimeoutseconds: 4,
    epochlength: 30_000,
  };
  return {
    config: {
      chainId: 1337,
      ...forksFromGenesis,
      isQuorum: true,
      ...(transition === undefined ? {} : { transitions: [transition] }),
    },
    nonce: '0x0',
    timestamp: '0x0',
    extraData: bytesToHex(new Uint8Array(32)),
    gasLimit: '0x2faf0800',
    difficulty: '0x0',
    mixHash: bytesToHex(new Uint8Array(32)),
    coinbase: '0x0000000000000000000000000000000000000000',
    alloc: allocOf(options.accountKeys ?? []),
  };
}

export function testRaftGenesis(options: TestRaftGenesisOptions): Genesis {
  return parseGenesis(testRaftGenesisJson(options));
}
