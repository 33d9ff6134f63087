import type { Evm, EvmBlock } from '@isoquorum/execution/evm/port';
import { createStateDatabase, type StateDatabase } from '@isoquorum/execution/state/database';
import { createGenesisState } from '@isoquorum/execution/state/genesis-state';
import { createMemoryNodeSource } from '@isoquorum/execution/state/node-source';
import { State } from '@isoquorum/execution/state/state';
import { createTrieReader } from '@isoquorum/execution/state/trie-reader';
import { TrieUpdater } from '@isoquorum/execution/state/update-tries';
import type { Hash32 } from '@isoquorum/primitives/bytes';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Log } from '@isoquorum/primitives/log';
import { encodeRlp } from '@isoquorum/primitives/rlp';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { CaseFailure, expectEqual } from './check.ts';
import { type EvmRules, ethereumRules } from './ethereum-rules.ts';
import { applyStateTestTransaction, InvalidTransaction, type StateTestTransaction } from './state-transaction.ts';

interface Environment {
  readonly currentCoinbase: string;
  readonly currentDifficulty: string;
  readonly currentGasLimit: string;
  readonly currentNumber: string;
  readonly currentTimestamp: string;
  readonly currentBaseFee?: string;
  readonly currentRandom?: string;
  readonly currentExcessBlobGas?: string;
}

interface AccountJson {
  readonly balance: string;
  readonly nonce: string;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

interface AccessListJson {
  readonly address: string;
  readonly storageKeys: readonly string[];
}

interface TransactionJson {
  readonly data: readonly string[];
  readonly gasLimit: readonly string[];
  readonly value: readonly string[];
  readonly nonce: string;
  readonly to: string;
  readonly sender: string;
  readonly gasPrice?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
  readonly maxFeePerBlobGas?: string;
  readonly blobVersionedHashes?: readonly string[];
  readonly accessLists?: readonly (readonly AccessListJson[] | null)[];
}

/** What has to come out for one choice of data, gas and value. */
export interface PostState {
  readonly hash: string;
  readonly logs: string;
  readonly indexes: { readonly data: number; readonly gas: number; readonly value: number };
  readonly txbytes?: string;
  readonly expectException?: string;
}

/** One test of a file of GeneralStateTests. */
export interface StateTest {
  readonly env: Environment;
  readonly pre: Readonly<Record<string, AccountJson>>;
  readonly transaction: TransactionJson;
  readonly post: Readonly<Record<string, readonly PostState[]>>;
}

/** A number of a test: hex, with a mark before those that fit no integer of the tests' author. */
function toBigint(text: string): bigint {
  const hex = text.replace(/^0x:bigint /, '');
  return hex === '0x' || hex === '' ? 0n : BigInt(hex);
}

/** EIP-4844's exponential of the excess, for the price of blob gas. */
export function blobBaseFeeOf(excess: bigint): bigint {
  const fraction = 3_338_477n;
  let index = 1n;
  let sum = 0n;
  for (let term = fraction; term > 0n; index++) {
    sum += term;
    term = (term * excess) / (fraction * index);
  }
  return sum / fraction;
}

/** The state before, in memory. Every choice of a test starts from it. */
export interface PreState {
  readonly database: StateDatabase;
  readonly root: Hash32;
}

export function createPreState(test: StateTest): PreState {
  const source = createMemoryNodeSource();
  const database = createStateDatabase(source);
  const alloc = Object.entries(test.pre).map(([address, { balance, nonce, code, storage }]) => ({
    address: hexToBytes(address),
    balance: toBigint(balance),
    nonce: toBigint(nonce),
    code: hexToBytes(code),
    storage: Object.entries(storage).map(([slot, value]) => ({
      slot: bigintToFixedBytes(toBigint(slot), 32),
      value: bigintToFixedBytes(toBigint(value), 32),
    })),
  }));
  const { root, operations } = createGenesisState(alloc, database);
  source.apply(operations);
  return { database, root };
}

function blockOf({ env }: StateTest, rules: EvmRules, blobBaseFee: bigint): EvmBlock {
  return {
    number: Number(toBigint(env.currentNumber)),
    timestamp: toBigint(env.currentTimestamp),
    gasLimit: toBigint(env.currentGasLimit),
    difficulty: toBigint(env.currentDifficulty),
    coinbase: hexToBytes(env.currentCoinbase),
    rules,
    // As all runners of these tests have it.
    blockHash: (number) => keccak256(utf8ToBytes(String(number))),
    ...(rules.isLondon === true ? { baseFee: toBigint(env.currentBaseFee ?? '0x0a') } : {}),
    ...(rules.isParis === true && env.currentRandom !== undefined
      ? { randomness: bigintToFixedBytes(toBigint(env.currentRandom), 32) }
      : {}),
    ...(rules.isCancun === true ? { blobBaseFee } : {}),
  };
}

function typeOf(json: TransactionJson, accessList: unknown, txbytes: string | undefined): number {
  const first = txbytes === undefined || txbytes.length < 4 ? Number.NaN : Number.parseInt(txbytes.slice(2, 4), 16);
  if (first < 0x80) return first;
  if (first >= 0xc0) return 0;
  if (json.blobVersionedHashes !== undefined) return 3;
  return json.maxFeePerGas === undefined ? (accessList === undefined ? 0 : 1) : 2;
}

function transactionOf({ transaction: json }: StateTest, { indexes, txbytes }: PostState): StateTestTransaction {
  const accessList = json.accessLists?.[indexes.data] ?? undefined;
  const maxFee = toBigint(json.maxFeePerGas ?? json.gasPrice ?? '0x');
  return {
    type: typeOf(json, accessList, txbytes),
    sender: hexToBytes(json.sender),
    to: json.to === '' ? undefined : hexToBytes(json.to),
    nonce: toBigint(json.nonce),
    gasLimit: toBigint(json.gasLimit[indexes.gas] ?? '0x'),
    value: toBigint(json.value[indexes.value] ?? '0x'),
    data: hexToBytes(json.data[indexes.data] ?? '0x'),
    maxFee,
    maxPriorityFee: json.maxPriorityFeePerGas === undefined ? maxFee : toBigint(json.maxPriorityFeePerGas),
    accessList: (accessList ?? []).map(({ address, storageKeys }) => ({
      address: hexToBytes(address),
      storageKeys: storageKeys.map((key) => hexToBytes(key)),
    })),
    blobHashes: (json.blobVersionedHashes ?? []).map((hash) => hexToBytes(hash)),
    maxBlobFee: toBigint(json.maxFeePerBlobGas ?? '0x'),
  };
}

function hashLogs(logs: readonly Log[]): string {
  return bytesToHex(keccak256(encodeRlp(logs.map(({ address, topics, data }) => [address, [...topics], data]))));
}

/** Runs one choice of a test on a fork. @throws CaseFailure when root, logs or refusal differ */
export async function runStateTest(
  test: StateTest,
  pre: PreState,
  fork: string,
  post: PostState,
  evm: Evm,
): Promise<void> {
  const rules = ethereumRules(fork);
  if (rules === undefined) throw new CaseFailure(`no rules for the fork ${fork}`);
  const blobBaseFee = blobBaseFeeOf(toBigint(test.env.currentExcessBlobGas ?? '0x'));
  const block = blockOf(test, rules, blobBaseFee);
  const state = new State(createTrieReader(pre.database, pre.root));
  let refusal: string | undefined;
  try {
    await applyStateTestTransaction(evm, state, block, blobBaseFee, transactionOf(test, post));
  } catch (error) {
    if (!(error instanceof InvalidTransaction)) throw error;
    refusal = error.message;
  }
  // The reward of the block, which is nothing: the coinbase is touched even when its transaction is refused.
  state.addBalance(block.coinbase, 0n);
  const logs = state.finalise(rules.isEip158);
  if (post.expectException === undefined && refusal !== undefined) throw new CaseFailure(`refused: ${refusal}`);
  if (post.expectException !== undefined && refusal === undefined)
    throw new CaseFailure(`accepted, not refused by ${post.expectException}`);
  expectEqual(bytesToHex(new TrieUpdater(pre.database, pre.root).commit(state).root), post.hash, 'the state root');
  expectEqual(hashLogs(logs), post.logs, 'the hash of the logs');
}
