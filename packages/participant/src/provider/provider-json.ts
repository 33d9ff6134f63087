import { bigintToQuantity, bytesToHex } from '@isoquorum/primitives/hex';
import { addToBloom, emptyBloom } from '@isoquorum/primitives/bloom';
import type { LogView, TransactionView } from '../participant-view.ts';
import { participantError } from '../errors.ts';
import type { CheckedHead, KnownReceipt } from './receipt-book.ts';

const quantity = (value: number | undefined): string | null => (value === undefined ? null : bigintToQuantity(value));

/** A checked header as JSON-RPC shows a block; transaction hashes where the page still has them. */
export function checkedBlockToJson({ header, hash, author, transactionHashes }: CheckedHead): unknown {
  return {
    number: bigintToQuantity(header.number),
    hash: bytesToHex(hash),
    parentHash: bytesToHex(header.parentHash),
    nonce: bytesToHex(header.nonce),
    mixHash: bytesToHex(header.mixHash),
    sha3Uncles: bytesToHex(header.uncleHash),
    logsBloom: bytesToHex(header.logsBloom),
    stateRoot: bytesToHex(header.stateRoot),
    miner: bytesToHex(author),
    difficulty: bigintToQuantity(header.difficulty),
    extraData: bytesToHex(header.extraData),
    gasLimit: bigintToQuantity(header.gasLimit),
    gasUsed: bigintToQuantity(header.gasUsed),
    timestamp: bigintToQuantity(header.timestamp),
    transactionsRoot: bytesToHex(header.transactionsRoot),
    receiptsRoot: bytesToHex(header.receiptsRoot),
    transactions: transactionHashes ?? [],
    uncles: [],
  };
}

export function transactionToJson(view: TransactionView): unknown {
  const isPrivate = view.readability !== 'public';
  return {
    blockNumber: quantity(view.blockNumber),
    from: view.from,
    gasPrice: '0x0',
    hash: view.hash,
    input: view.data ?? '0x',
    nonce: bigintToQuantity(BigInt(view.nonce)),
    to: view.to ?? null,
    transactionIndex: quantity(view.index),
    value: '0x0',
    type: '0x0',
    isPrivate,
    readability: view.readability,
  };
}

/**
 * A receipt as JSON-RPC shows it. A private transaction of which this page is no party has the public receipt's status 1, which says
 * only that it is in a block; `readability` says so.
 */
export function receiptToJson({ view, blockHash }: KnownReceipt): unknown {
  const logs = view.logs.map((log, index) => logToJson(log, view, blockHash, index));
  let bloom: Uint8Array = emptyBloom;
  for (const log of view.logs) bloom = bloomOf(bloom, log);
  return {
    blockHash,
    blockNumber: quantity(view.blockNumber),
    contractAddress: view.to === undefined ? (view.contractAddress ?? null) : null,
    from: view.from,
    to: view.to ?? null,
    logs,
    logsBloom: bytesToHex(bloom),
    status: view.status === 'failed' ? '0x0' : '0x1',
    transactionHash: view.hash,
    transactionIndex: quantity(view.index),
    type: '0x0',
    readability: view.readability,
    ...(view.revertReason === undefined ? {} : { revertReason: view.revertReason }),
  };
}

function bloomOf(bloom: Uint8Array, log: LogView): Uint8Array {
  const grown = bloom.slice();
  addToBloom(grown, hexBytes(log.address));
  for (const topic of log.topics) addToBloom(grown, hexBytes(topic));
  return grown;
}

function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(text.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function logToJson(log: LogView, view: TransactionView, blockHash: string | undefined, index: number): unknown {
  return {
    address: log.address,
    topics: log.topics,
    data: log.data,
    blockNumber: quantity(view.blockNumber),
    blockHash: blockHash ?? null,
    transactionHash: view.hash,
    transactionIndex: quantity(view.index),
    logIndex: quantity(index),
    removed: false,
  };
}

interface LogFilter {
  readonly address?: unknown;
  readonly topics?: unknown;
  readonly fromBlock?: unknown;
  readonly toBlock?: unknown;
}

/** Logs of the transactions that this page has executed or checked itself. @throws ARGUMENTS_INVALID */
export function logsToJson(
  transactions: readonly TransactionView[],
  filter: unknown,
  head: number,
): readonly unknown[] {
  if (typeof filter !== 'object' || filter === null)
    throw participantError('ARGUMENTS_INVALID', 'filter: an object is wanted', { field: 'filter' }, 'REJECT');
  const { address, topics, fromBlock, toBlock } = filter as LogFilter;
  const from = blockOf(fromBlock, head);
  const to = blockOf(toBlock, head);
  const addresses = oneOrMany(address);
  const wanted = Array.isArray(topics) ? topics : [];
  return transactions
    .filter(({ blockNumber }) => blockNumber !== undefined && blockNumber >= from && blockNumber <= to)
    .toReversed()
    .flatMap((view) =>
      view.logs.flatMap((log, index) => {
        if (addresses.length > 0 && !addresses.includes(log.address)) return [];
        const fits = wanted.every(
          (choice: unknown, place) => choice === null || oneOrMany(choice).includes(log.topics[place] ?? ''),
        );
        return fits ? [logToJson(log, view, undefined, index)] : [];
      }),
    );
}

function oneOrMany(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return values.map((item) => String(item).toLowerCase());
}

function blockOf(tag: unknown, head: number): number {
  if (tag === undefined || tag === 'latest' || tag === 'pending') return head;
  if (tag === 'earliest') return 0;
  const value = Number(tag);
  if (!Number.isSafeInteger(value))
    throw participantError('ARGUMENTS_INVALID', 'block: a number or a tag is wanted', { field: 'block' }, 'REJECT');
  return value;
}
