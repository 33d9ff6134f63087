import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import {
  encodeTransaction,
  signTransaction,
  transactionHash,
  type UnsignedTransaction,
} from '@isoquorum/primitives/transaction/transaction';
import { createRpcClient, type RpcClient } from '@isoquorum/rpc/jsonrpc/client';
import { createFetchTransport } from '@isoquorum/rpc/node/fetch-transport';
import type { RecordedNetwork } from './rpc-network.ts';
import type { Translation } from './rpc-translation.ts';

/** What recorded accounts of the node had before the first request. */
const FUNDS = 10n ** 24n;
/** Nonces that are tried for a transaction of which only the receipt is recorded. */
const NONCES_TRIED = 8;
const WAIT_MS = 30_000;

/** A recorded exchange, as far as preparing looks at it. */
export interface Exchange {
  readonly request?: { readonly parsed?: unknown } | undefined;
  readonly response?: { readonly parsed?: unknown } | undefined;
}

interface Seen {
  /** Whole transactions and receipts in answers, by hash. */
  readonly transactions: Map<string, Record<string, unknown>>;
  readonly receipts: Map<string, Record<string, unknown>>;
  /** Hashes that recorded requests gave rise to. */
  readonly sent: Set<string>;
  /** Call data by receiver, and gas limits, in requests. */
  readonly data: Map<string, Set<string>>;
  readonly gas: Set<bigint>;
}

function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Record<string, unknown>;
  for (const entry of Object.values(value)) yield* objectsIn(entry);
}

/** Requests with their answers; a batch gives several. */
export function pairsOf({
  request,
  response,
}: Exchange): readonly (readonly [Record<string, unknown>, Record<string, unknown>])[] {
  const asked = request?.parsed;
  const answered = response?.parsed;
  const requests = (Array.isArray(asked) ? asked : [asked]) as readonly Record<string, unknown>[];
  const answers = (Array.isArray(answered) ? answered : [answered]) as readonly Record<string, unknown>[];
  return requests.flatMap((entry, index) => {
    const answer = answers[index];
    return typeof entry === 'object' && entry !== null && typeof answer === 'object' && answer !== null
      ? [[entry, answer] as const]
      : [];
  });
}

/** What the recordings say about transactions. */
function look(exchanges: readonly Exchange[]): Seen {
  const seen: Seen = { transactions: new Map(), receipts: new Map(), sent: new Set(), data: new Map(), gas: new Set() };
  for (const exchange of exchanges) {
    for (const [request, answer] of pairsOf(exchange)) {
      if (/^(eth|personal)_send/.test(String(request['method'])) && typeof answer['result'] === 'string')
        seen.sent.add(answer['result']);
    }
    for (const found of objectsIn(exchange.request?.parsed)) {
      const { to, data, gas } = found;
      if (typeof to === 'string' && typeof data === 'string')
        seen.data.set(to.toLowerCase(), (seen.data.get(to.toLowerCase()) ?? new Set()).add(data));
      if (typeof gas === 'string' && /^0x[0-9a-f]{1,12}$/.test(gas)) seen.gas.add(BigInt(gas));
    }
    for (const found of objectsIn(exchange.response?.parsed)) {
      const { to, input } = found;
      if (typeof to === 'string' && typeof input === 'string')
        seen.data.set(to.toLowerCase(), (seen.data.get(to.toLowerCase()) ?? new Set()).add(input));
      if (typeof found['hash'] === 'string' && typeof found['nonce'] === 'string' && typeof found['from'] === 'string')
        seen.transactions.set(found['hash'], found);
      if (typeof found['transactionHash'] === 'string' && 'gasUsed' in found && typeof found['from'] === 'string')
        seen.receipts.set(found['transactionHash'], found);
    }
    // Answers over WebSocket stand apart from their requests.
    const parsed = exchange.response?.parsed;
    if (
      typeof parsed === 'object' &&
      parsed !== null &&
      'result' in parsed &&
      typeof parsed.result === 'string' &&
      /^0x[0-9a-f]{64}$/.test(parsed.result)
    )
      seen.sent.add(parsed.result);
  }
  return seen;
}

interface Made {
  readonly hash: string;
  readonly nonce: bigint;
  readonly from: string;
  readonly raw: string;
}

function make(unsigned: UnsignedTransaction, key: Uint8Array, chainId: bigint): Made {
  const signed = signTransaction(unsigned, key, { chainId });
  return {
    hash: bytesToHex(transactionHash(signed)),
    nonce: unsigned.nonce,
    from: bytesToHex(privateKeyToAddress(key)),
    raw: bytesToHex(encodeTransaction(signed)),
  };
}

function legacy(nonce: bigint, gasLimit: bigint, to: string | null, value: bigint, data: string): UnsignedTransaction {
  return {
    type: 0,
    nonce,
    gasPrice: 0n,
    gasLimit,
    to: to === null ? undefined : hexToBytes(to),
    value,
    data: hexToBytes(data),
  };
}

/**
 * Transactions that were made before the recording began: answers show them, no request sent them. One that is shown whole is signed again
 * (signatures are deterministic); one of which only the receipt is shown is found among the call data and gas limits of the recording.
 */
function madeBefore(seen: Seen, keys: ReadonlyMap<string, Uint8Array>, chainId: bigint): readonly Made[] {
  const made: Made[] = [];
  const hashes = new Set([...seen.transactions.keys(), ...seen.receipts.keys()].filter((hash) => !seen.sent.has(hash)));
  for (const hash of hashes) {
    const whole = seen.transactions.get(hash);
    const receipt = seen.receipts.get(hash);
    const key = keys.get(String((whole ?? receipt)?.['from']).toLowerCase());
    if (key === undefined) continue;
    if (whole !== undefined) {
      const candidate = make(
        legacy(
          BigInt(String(whole['nonce'])),
          BigInt(String(whole['gas'])),
          whole['to'] as string | null,
          BigInt(String(whole['value'])),
          String(whole['input']),
        ),
        key,
        chainId,
      );
      if (candidate.hash === hash) made.push(candidate);
    } else if (receipt !== undefined && typeof receipt['to'] === 'string') {
      const found = search(hash, receipt['to'], seen, key, chainId);
      if (found !== undefined) made.push(found);
    }
  }
  return made.toSorted((left, right) => Number(left.nonce - right.nonce));
}

function search(hash: string, to: string, seen: Seen, key: Uint8Array, chainId: bigint): Made | undefined {
  for (const data of seen.data.get(to.toLowerCase()) ?? []) {
    if (!/^0x([0-9a-fA-F]{2})*$/.test(data)) continue;
    for (const gas of seen.gas) {
      for (let nonce = 0n; nonce < NONCES_TRIED; nonce += 1n) {
        const candidate = make(legacy(nonce, gas, to.toLowerCase(), 0n, data), key, chainId);
        if (candidate.hash === hash) return candidate;
      }
    }
  }
  return undefined;
}

async function untilMined(client: RpcClient, hash: string): Promise<Record<string, unknown>> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; ) {
    const receipt = await client.request('eth_getTransactionReceipt', [hash]);
    if (receipt !== null) return receipt as Record<string, unknown>;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${hash} was not mined within ${WAIT_MS} ms`);
}

/**
 * Brings a fresh network to where the recordings begin: funded accounts, and the transactions made before.
 * @returns hashes of these and of all that recorded requests send: what came of others cannot be replayed
 */
export async function prepare(
  url: string,
  recorded: RecordedNetwork,
  funder: Uint8Array,
  exchanges: readonly Exchange[],
  translation: Translation,
): Promise<ReadonlySet<string>> {
  const client = createRpcClient(createFetchTransport(url));
  const chainId = await client.call('eth_chainId');
  const held = recorded.accounts.filter(({ use }) => use.includes('held'));
  const funding = held.map(({ address }, index) =>
    make(legacy(BigInt(index), 21_000n, address.toLowerCase(), FUNDS, '0x'), funder, chainId),
  );
  for (const { raw } of funding) await client.request('eth_sendRawTransaction', [raw]);
  for (const { hash } of funding) await untilMined(client, hash);
  const keys = new Map(
    recorded.accounts.map(({ address, privateKey }) => [address.toLowerCase(), hexToBytes(privateKey)]),
  );
  const seen = look(exchanges);
  const before = madeBefore(seen, keys, chainId);
  for (const { hash, raw } of before) {
    await client.request('eth_sendRawTransaction', [raw]);
    const ours = await untilMined(client, hash);
    const theirs = seen.receipts.get(hash) ?? seen.transactions.get(hash);
    if (theirs === undefined || theirs['blockHash'] === null) continue;
    translation.learn(theirs['blockHash'] as string, ours['blockHash'] as string);
    translation.learnNumber(Number(theirs['blockNumber']), Number(ours['blockNumber']));
  }
  return new Set([...seen.sent, ...before.map(({ hash }) => hash)]);
}
