import { iterateTrie } from '@isoquorum/execution/trie/iterate';
import { Trie } from '@isoquorum/execution/trie/trie';
import { intrinsicGas, intrinsicGasOf } from '@isoquorum/execution/transition/intrinsic-gas';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import { checkTransactionType } from '@isoquorum/primitives/fork';
import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToBytes } from '@isoquorum/primitives/integer';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { decodeRlp, encodeRlp, type RlpItem } from '@isoquorum/primitives/rlp';
import { bytesToUtf8, utf8ToBytes } from '@isoquorum/primitives/utf8';
import {
  decodeTransaction,
  isPrivateTransaction,
  transactionHash,
  transactionSender,
} from '@isoquorum/primitives/transaction/transaction';
import type { CaseResult, SuiteOptions } from './case-result.ts';
import { CaseFailure, describeError, differByDesign, expectEqual, expectThat, isWanted, runCase } from './check.ts';
import { decodeDynamicFeeTransaction } from './dynamic-fee-transaction.ts';
import { jsonFiles, openFolder, readJson } from './files.ts';
import { type EvmRules, ethereumRules } from './ethereum-rules.ts';

type RlpInput = string | number | readonly RlpInput[];

interface RlpTest {
  readonly in: RlpInput;
  readonly out: string;
}

/** A value of an RLP test: text is its UTF-8 bytes, except `#` and digits, which is a number. */
function toItem(input: RlpInput): RlpItem {
  if (typeof input === 'number') return bigintToBytes(BigInt(input));
  if (typeof input !== 'string') return input.map(toItem);
  return input.startsWith('#') ? bigintToBytes(BigInt(input.slice(1))) : utf8ToBytes(input);
}

function plain(item: RlpItem): unknown {
  return item instanceof Uint8Array ? bytesToHex(item) : item.map(plain);
}

/** The error of ours that `run` throws, or undefined when it throws none. Others are passed on: they are bugs. */
function refusalOf(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isIsoquorumError(error)) throw error;
    return describeError(error);
  }
}

function checkRlp({ in: input, out }: RlpTest): void {
  const bytes = hexToBytes(out.startsWith('0x') ? out : `0x${out}`);
  if (input === 'INVALID') {
    expectThat(refusalOf(() => decodeRlp(bytes)) !== undefined, 'invalid RLP was accepted');
    return;
  }
  const decoded = decodeRlp(bytes);
  expectEqual(bytesToHex(encodeRlp(decoded)), bytesToHex(bytes), 'the encoding');
  if (input === 'VALID') return;
  const item = toItem(input);
  expectEqual(plain(decoded), plain(item), 'the decoded value');
  expectEqual(bytesToHex(encodeRlp(item)), bytesToHex(bytes), 'the encoded value');
}

type TrieEntries = readonly (readonly [string, string | null])[];

interface TrieTest {
  readonly in: TrieEntries | Readonly<Record<string, string | null>>;
  readonly root: string;
}

function toBytes(text: string): Uint8Array {
  return text.startsWith('0x') ? hexToBytes(text) : utf8ToBytes(text);
}

function trieRoot(entries: TrieEntries, isSecure: boolean): string {
  const trie = new Trie();
  for (const [key, value] of entries) {
    const bytes = isSecure ? keccak256(toBytes(key)) : toBytes(key);
    if (value === null) trie.delete(bytes);
    else trie.put(bytes, toBytes(value));
  }
  return bytesToHex(trie.commit(() => undefined));
}

function checkTrie({ in: input, root }: TrieTest, isSecure: boolean): void {
  if (Array.isArray(input)) {
    expectEqual(trieRoot(input as TrieEntries, isSecure), root, 'the root');
    return;
  }
  const entries = Object.entries(input as Readonly<Record<string, string | null>>);
  expectEqual(trieRoot(entries, isSecure), root, 'the root');
  expectEqual(trieRoot([...entries].reverse(), isSecure), root, 'the root of the reverse order');
}

interface OrderTest {
  readonly in: readonly string[];
  readonly tests: readonly (readonly [key: string, previous: string, next: string])[];
}

/** `trietestnextprev`: the neighbours of a key among those of a trie, by order of bytes. */
function checkOrder({ in: keys, tests }: OrderTest): void {
  const trie = new Trie();
  for (const key of keys) trie.put(toBytes(key), toBytes(key));
  const nodes = new Map<string, Uint8Array>();
  const root = trie.commit((hash, encoded) => void nodes.set(bytesToHex(hash), encoded));
  const present = [...iterateTrie((hash) => nodes.get(bytesToHex(hash)), root)].map(([key]) => bytesToUtf8(key));
  for (const [key, previous, next] of tests) {
    expectEqual(present.findLast((other) => other < key) ?? '', previous, `the key before ${key}`);
    expectEqual(present.find((other) => other > key) ?? '', next, `the key after ${key}`);
  }
}

interface TransactionTest {
  readonly txbytes: string;
  readonly result: Readonly<Record<string, TransactionExpectation>>;
}

interface TransactionExpectation {
  readonly hash?: string;
  readonly sender?: string;
  readonly intrinsicGas?: string;
  readonly exception?: string;
}

const LAST_NONCE = (1n << 64n) - 1n;
const LIMIT = 1n << 256n;
const MAX_INIT_CODE = 49_152;

/** What the rules of all forks look at, and what an expectation says. */
interface AcceptedTransaction {
  readonly hash: string;
  readonly sender: string;
  readonly intrinsic: bigint;
  readonly gasLimit: bigint;
  readonly nonce: bigint;
  readonly maxFee: bigint;
  readonly maxPriorityFee: bigint;
  readonly initCodeLength: number;
  readonly isPrivate: boolean;
}

/** Why a well-formed transaction is invalid in every block of these rules, if it is. */
function invalidityOf(accepted: AcceptedTransaction, rules: EvmRules): string | undefined {
  const { gasLimit, intrinsic, nonce, maxFee, maxPriorityFee, initCodeLength } = accepted;
  if (gasLimit < intrinsic) return `gas ${gasLimit} is below the intrinsic ${intrinsic}`;
  if (nonce >= LAST_NONCE) return 'the nonce has no successor';
  if (maxPriorityFee > maxFee) return 'priority fee above the fee';
  if (rules.isShanghai === true && initCodeLength > MAX_INIT_CODE) return 'init code too long';
  return gasLimit * maxFee >= LIMIT ? 'gas times price overflows' : undefined;
}

function initCodeGas(length: number, rules: EvmRules): bigint {
  return rules.isShanghai === true ? 2n * BigInt(Math.ceil(length / 32)) : 0n;
}

function acceptDynamicFee(bytes: Uint8Array, rules: EvmRules): AcceptedTransaction {
  const transaction = decodeDynamicFeeTransaction(bytes);
  const { data, accessList, to, chainId, nonce, gasLimit, maxFee, maxPriorityFee } = transaction;
  if (chainId !== rules.chainId) throw new IsoquorumError('TRANSACTION_CHAIN_ID_MISMATCH', 'invalid chain id', {});
  const initCodeLength = to === undefined ? data.length : 0;
  const intrinsic = intrinsicGasOf(data, accessList, to === undefined, rules) + initCodeGas(initCodeLength, rules);
  const [hash, sender] = [bytesToHex(transaction.hash), bytesToHex(transaction.sender)];
  return { hash, sender, intrinsic, gasLimit, nonce, maxFee, maxPriorityFee, initCodeLength, isPrivate: false };
}

function acceptLegacyOrAccessList(bytes: Uint8Array, rules: EvmRules): AcceptedTransaction {
  const transaction = decodeTransaction(bytes);
  checkTransactionType(transaction, rules);
  const chainId = rules.isEip155 ? rules.chainId : undefined;
  const { data, to, nonce, gasLimit, gasPrice } = transaction;
  const initCodeLength = to === undefined ? data.length : 0;
  return {
    hash: bytesToHex(transactionHash(transaction)),
    sender: bytesToHex(transactionSender(transaction, chainId, rules.isHomestead)),
    intrinsic: intrinsicGas(transaction, rules) + initCodeGas(initCodeLength, rules),
    gasLimit,
    nonce,
    maxFee: gasPrice,
    maxPriorityFee: gasPrice,
    initCodeLength,
    isPrivate: isPrivateTransaction(transaction),
  };
}

/** What these rules make of the bytes: a transaction, or the reason of a refusal. */
function acceptTransaction(bytes: Uint8Array, rules: EvmRules): AcceptedTransaction | string {
  let accepted: AcceptedTransaction | undefined;
  const isDynamicFee = rules.isLondon === true && bytes[0] === 2;
  const refusal = refusalOf(() => {
    accepted = isDynamicFee ? acceptDynamicFee(bytes, rules) : acceptLegacyOrAccessList(bytes, rules);
  });
  if (accepted === undefined) return refusal ?? 'refused';
  return invalidityOf(accepted, rules) ?? accepted;
}

function checkTransaction(bytes: Uint8Array, fork: string, expected: TransactionExpectation): void {
  const rules = ethereumRules(fork);
  if (rules === undefined) throw new CaseFailure(`no rules for the fork ${fork}`);
  const outcome = acceptTransaction(bytes, rules);
  if (typeof outcome === 'string') {
    expectThat(expected.exception !== undefined, `refused: ${outcome}`);
    return;
  }
  const { hash, sender, intrinsic, isPrivate } = outcome;
  if (isPrivate) differByDesign('PRIVATE_V');
  expectThat(expected.exception === undefined, `accepted, but expected ${expected.exception}`);
  expectEqual(hash, expected.hash, 'the hash');
  expectEqual(sender, expected.sender, 'the sender');
  if (expected.intrinsicGas !== undefined) expectEqual(intrinsic, BigInt(expected.intrinsicGas), 'the intrinsic gas');
}

/** The cases of one file of ethereum/tests, by the folder that it is in. */
function* casesOf(name: string, json: unknown): Generator<{ readonly name: string; readonly run: () => void }> {
  for (const [title, test] of Object.entries(json as Record<string, unknown>)) {
    if (name.includes('RLPTests/')) {
      yield { name: `${name} ${title}`, run: () => checkRlp(test as RlpTest) };
    } else if (name.includes('TrieTests/')) {
      const isOrder = typeof test === 'object' && test !== null && 'tests' in test;
      const isSecure = /secure/i.test(name);
      const run = (): void => (isOrder ? checkOrder(test as OrderTest) : checkTrie(test as TrieTest, isSecure));
      yield { name: `${name} ${title}`, run };
    } else if (name.includes('TransactionTests/')) {
      const { txbytes, result } = test as TransactionTest;
      for (const [fork, expected] of Object.entries(result)) {
        yield {
          name: `${name} ${title} ${fork}`,
          run: () => checkTransaction(hexToBytes(txbytes), fork, expected),
        };
      }
    }
  }
}

/** Suite `format`: RLP, trie and transaction tests of ethereum/tests, unpacked or as the archive. */
export async function* formatSuite(path: string, options: SuiteOptions): AsyncGenerator<CaseResult> {
  const { folder, close } = openFolder(path);
  try {
    for (const file of jsonFiles(folder)) {
      for (const { name, run } of casesOf(file.name, readJson(file.path))) {
        if (isWanted(name, options)) yield await runCase(name, run);
      }
    }
  } finally {
    close();
  }
}
