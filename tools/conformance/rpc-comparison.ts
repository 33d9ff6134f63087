import { CaseFailure, CaseSkip, describeValue } from './check.ts';
import type { Translation } from './rpc-translation.ts';

/** An answer of JSON-RPC. */
export interface RpcAnswer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** Members that depend on when a block was made and what else is in it (network.json, `nondeterministic`). */
const BLOCK_DEPENDENT: ReadonlySet<string> = new Set([
  'blockHash',
  'blockNumber',
  'parentHash',
  'timestamp',
  'extraData',
  'miner',
  'stateRoot',
  'transactionsRoot',
  'receiptsRoot',
  'size',
  'number',
  'transactionIndex',
  'cumulativeGasUsed',
  'logIndex',
  'totalDifficulty',
  'accountProof',
]);
/** Those of whole blocks. */
const OF_BLOCKS: ReadonlySet<string> = new Set(['gasLimit', 'gasUsed', 'logsBloom', 'transactions', 'hash']);
/** Those of private transactions, whose digest contains a counter. */
const OF_PRIVATE: ReadonlySet<string> = new Set(['hash', 'v', 'r', 's', 'input', 'transactionHash', 'raw']);

/** Methods whose result says something about the machine or the moment: only its kind is compared. */
const KIND_ONLY: ReadonlySet<string> = new Set([
  'eth_blockNumber',
  'web3_clientVersion',
  'net_peerCount',
  'txpool_status',
  'admin_nodeInfo',
  'eth_newFilter',
  'eth_newBlockFilter',
  'eth_newPendingTransactionFilter',
  'debug_getBlockRlp',
  'istanbul_status',
  'istanbul_getSnapshot',
  'istanbul_getSignersFromBlock',
  'istanbul_getSignersFromBlockByHash',
  'debug_privateStateRoot',
  'debug_defaultStateRoot',
]);
/** Methods whose result is a list of addresses of validators. */
const VALIDATOR_LISTS: ReadonlySet<string> = new Set(['istanbul_getValidators']);

/** Methods whose result is a name that later requests may use: ids, the node's address. */
const NAMES_SOMETHING: ReadonlySet<string> = new Set([
  'eth_subscribe',
  'eth_coinbase',
  'eth_etherbase',
  'istanbul_nodeAddress',
]);

/** Members whose value names a block or a transaction; roots name nothing. */
const NAMING = /\.(hash|blockHash|parentHash|transactionHash)$/;

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^0x[0-9a-fA-F]{64}$/.test(value);
}

function isHashList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every(isHash);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

/** Compares an answer with the recorded one, and learns names on the way. */
export class Comparison {
  private readonly translation: Translation;
  private readonly method: string;
  private readonly isPrivate: boolean;

  constructor(translation: Translation, method: string, isPrivate: boolean) {
    this.translation = translation;
    this.method = method;
    this.isPrivate = isPrivate;
  }

  /** @throws CaseFailure */
  answer(theirs: RpcAnswer, ours: RpcAnswer): void {
    if (theirs.error !== undefined) {
      if (ours.error === undefined)
        throw new CaseFailure(`answered ${describeValue(ours.result)}, recorded ${describeValue(theirs.error)}`);
      this.equal(theirs.error, ours.error, 'error');
      return;
    }
    if (ours.error !== undefined)
      throw new CaseFailure(`answered ${describeValue(ours.error)}, recorded ${describeValue(theirs.result)}`);
    if (KIND_ONLY.has(this.method)) {
      this.learnKind(theirs.result, ours.result);
      return;
    }
    if (this.method === 'eth_getFilterChanges' && isHashList(theirs.result)) {
      this.hashes(theirs.result, ours.result);
      return;
    }
    if (VALIDATOR_LISTS.has(this.method)) {
      this.equal((theirs.result as string[]).length, (ours.result as string[]).length, 'number of validators');
      return;
    }
    this.value(theirs.result, ours.result, 'result', undefined);
  }

  /** New blocks have names of their own, and how many there are is a matter of moments; hashes that were learnt must be there. */
  private hashes(theirs: readonly string[], ours: unknown): void {
    if (!isHashList(ours)) throw new CaseFailure(`result is ${describeValue(ours)}, recorded ${describeValue(theirs)}`);
    for (const hash of theirs) {
      const name = this.translation.text(hash);
      if (name !== hash && !ours.includes(name)) throw new CaseFailure(`result lacks ${name}, recorded as ${hash}`);
    }
  }

  private learnKind(theirs: unknown, ours: unknown): void {
    this.equal(kindOf(theirs), kindOf(ours), 'kind of the result');
    if (kindOf(theirs) === 'object' && this.method !== 'admin_nodeInfo')
      this.equal(Object.keys(theirs as object), Object.keys(ours as object), 'members of the result');
    if (typeof theirs !== 'string' || typeof ours !== 'string') return;
    if (this.method === 'eth_blockNumber') this.translation.learnNumber(Number(theirs), Number(ours));
    if (this.method.startsWith('eth_new')) this.translation.learn(theirs, ours);
  }

  private equal(theirs: unknown, ours: unknown, path: string): void {
    const left = JSON.stringify(this.translation.value(theirs));
    const right = JSON.stringify(ours);
    if (left !== right && left?.toLowerCase() !== right?.toLowerCase())
      throw new CaseFailure(`${path} is ${describeValue(ours)}, recorded ${describeValue(theirs)}`);
  }

  private value(theirs: unknown, ours: unknown, path: string, name: string | undefined): void {
    if (Array.isArray(theirs)) {
      if (!Array.isArray(ours) || theirs.length !== ours.length)
        throw new CaseFailure(`${path} is ${describeValue(ours)}, recorded ${describeValue(theirs)}`);
      for (const [index, entry] of theirs.entries()) this.value(entry, ours[index], `${path}[${index}]`, name);
      return;
    }
    if (typeof theirs === 'object' && theirs !== null) {
      this.object(theirs as Record<string, unknown>, ours, path);
      return;
    }
    if (this.isOpaque(theirs, ours)) return;
    this.equal(theirs, ours, path);
  }

  /** Hashes of private transactions and ids of subscriptions: learnt where they are given. */
  private isOpaque(theirs: unknown, ours: unknown): boolean {
    const learns =
      NAMES_SOMETHING.has(this.method) || (this.isPrivate && /^eth_send|^eth_distribute/.test(this.method));
    if (!learns || typeof theirs !== 'string' || typeof ours !== 'string') return false;
    if (this.translation.text(theirs) !== theirs) return false;
    this.translation.learn(theirs, ours);
    return true;
  }

  private object(theirs: Readonly<Record<string, unknown>>, ours: unknown, path: string): void {
    if (typeof ours !== 'object' || ours === null || Array.isArray(ours))
      throw new CaseFailure(`${path} is ${describeValue(ours)}, recorded ${describeValue(theirs)}`);
    const mine = ours as Readonly<Record<string, unknown>>;
    this.equal(Object.keys(theirs), Object.keys(mine), `${path}: members and their order`);
    const isBlock = 'parentHash' in theirs;
    const isPrivate = this.isPrivate || theirs['v'] === '0x25' || theirs['v'] === '0x26';
    for (const [name, entry] of Object.entries(theirs)) {
      const other = mine[name];
      const isDuration = name === 'time' && /^[\d.]+(ns|µs|ms|s)$/.test(String(entry));
      if (
        isDuration ||
        BLOCK_DEPENDENT.has(name) ||
        (isBlock && OF_BLOCKS.has(name)) ||
        (isPrivate && OF_PRIVATE.has(name))
      )
        this.learnMember(entry, other, `${path}.${name}`);
      else this.value(entry, other, `${path}.${name}`, name);
    }
  }

  private learnMember(theirs: unknown, ours: unknown, path: string): void {
    // A transaction may be mined here and still wait there, or the other way round.
    if (theirs === null || ours === null) return;
    this.equal(kindOf(theirs), kindOf(ours), `kind of ${path}`);
    if (NAMING.test(path) && isHash(theirs) && isHash(ours)) this.translation.learn(theirs, ours);
    const isNumber = /\.(number|blockNumber)$/.test(path);
    if (isNumber && typeof theirs === 'string' && typeof ours === 'string')
      this.translation.learnNumber(Number(theirs), Number(ours));
  }
}

/** What a replay knows. */
export interface ReplayKnowledge {
  readonly translation: Translation;
  /** Hashes of transactions that the recordings send. */
  readonly known: ReadonlySet<string>;
  /** Whether the recordings speak of others: then balances may differ. */
  readonly hasUnrecorded: boolean;
}

const UNRECORDED = 'speaks of a transaction that no recorded request sent';

/** @throws CaseSkip when the recorded answer holds logs, or the hash, of a transaction that nobody recorded */
export function skipUnrecorded(method: string, theirs: unknown, known: ReadonlySet<string>): void {
  const ofTransactions =
    method === 'eth_getLogs' ||
    method === 'eth_getFilterChanges' ||
    method === 'eth_getFilterLogs' ||
    method === 'eth_subscription';
  if (!ofTransactions) return;
  const hashes = [...JSON.stringify(theirs).matchAll(/"transactionHash":"(0x[0-9a-f]{64})"/g)].map(
    (match) => match[1] ?? '',
  );
  if (method === 'eth_subscription' && isHash(theirs)) hashes.push(theirs);
  if (hashes.some((hash) => !known.has(hash))) throw new CaseSkip(UNRECORDED);
}

/** @throws CaseSkip for a balance that transactions which nobody recorded may have changed */
export function skipBalance(method: string, knowledge: ReplayKnowledge): void {
  if (method === 'eth_getBalance' && knowledge.hasUnrecorded) throw new CaseSkip(UNRECORDED);
}
