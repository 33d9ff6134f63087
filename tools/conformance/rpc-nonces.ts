import { bytesToHex, hexToBytes } from '@isoquorum/primitives/hex';
import { signTransaction, transactionHash } from '@isoquorum/primitives/transaction/transaction';
import { createRpcClient } from '@isoquorum/rpc/jsonrpc/client';
import { createFetchTransport } from '@isoquorum/rpc/node/fetch-transport';
import type { RecordedNetwork } from './rpc-network.ts';
import { pairsOf, type Exchange } from './rpc-prepare.ts';

/** Nonces that are tried to find the one of a recorded hash. */
const NONCES_TRIED = 64n;
const WAIT_MS = 30_000;

type Json = Readonly<Record<string, unknown>>;

/** The nonce with which a public transaction of a node's account has the recorded hash. */
function nonceOfHash(transaction: Json, hash: string, key: Uint8Array, chainId: bigint): bigint | undefined {
  const { gas, to, data, value } = transaction;
  if (typeof gas !== 'string' || 'privateFor' in transaction) return undefined;
  for (let nonce = 0n; nonce < NONCES_TRIED; nonce += 1n) {
    const unsigned = {
      type: 0 as const,
      nonce,
      gasPrice: 0n,
      gasLimit: BigInt(gas),
      to: typeof to === 'string' ? hexToBytes(to.toLowerCase()) : undefined,
      value: typeof value === 'string' ? BigInt(value) : 0n,
      data: typeof data === 'string' ? hexToBytes(data) : new Uint8Array(),
    };
    if (bytesToHex(transactionHash(signTransaction(unsigned, key, { chainId }))) === hash) return nonce;
  }
  return undefined;
}

/**
 * The nonce that each account of the node had when a session began, where the session shows it: by the hash of a public transaction, or by
 * what `eth_fillTransaction` filled in. Transactions between the recorded sessions are not recorded.
 */
function noncesAtStart(
  exchanges: readonly Exchange[],
  recorded: RecordedNetwork,
  chainId: bigint,
): ReadonlyMap<string, bigint> {
  const keys = new Map(
    recorded.accounts.map(({ address, privateKey }) => [address.toLowerCase(), hexToBytes(privateKey)]),
  );
  const sent = new Map<string, bigint>();
  const found = new Map<string, bigint>();
  for (const exchange of exchanges) {
    for (const [request, answer] of pairsOf(exchange)) {
      const method = String(request['method']);
      if (!/^eth_(send|fill)Transaction$/.test(method) || !Array.isArray(request['params'])) continue;
      const transaction = request['params'][0] as Json | undefined;
      const from = String(transaction?.['from']).toLowerCase();
      const key = keys.get(from);
      if (transaction === undefined || key === undefined || answer['error'] !== undefined) continue;
      const before = sent.get(from) ?? 0n;
      let nonce: bigint | undefined;
      if (method === 'eth_fillTransaction') {
        const filled = (answer['result'] as { tx?: { nonce?: string } } | undefined)?.tx?.nonce;
        if (filled !== undefined && transaction['nonce'] === undefined) nonce = BigInt(filled);
      } else {
        nonce = nonceOfHash(transaction, String(answer['result']), key, chainId);
        sent.set(from, before + 1n);
      }
      if (nonce !== undefined && !found.has(from)) found.set(from, nonce - before);
    }
  }
  return found;
}

/** Makes up for transactions that nobody recorded: empty transfers until each account of the node has the nonce that the session begins with. */
export async function alignNonces(
  url: string,
  recorded: RecordedNetwork,
  exchanges: readonly Exchange[],
): Promise<void> {
  const client = createRpcClient(createFetchTransport(url));
  const chainId = await client.call('eth_chainId');
  const held = new Set(
    recorded.accounts.filter(({ use }) => use.includes('held')).map(({ address }) => address.toLowerCase()),
  );
  for (const [from, wanted] of noncesAtStart(exchanges, recorded, chainId)) {
    if (!held.has(from)) continue;
    let last: unknown;
    for (
      let nonce = BigInt(String(await client.request('eth_getTransactionCount', [from, 'pending'])));
      nonce < wanted;
      nonce += 1n
    ) {
      last = await client.request('eth_sendTransaction', [
        { from, to: from, gas: '0x5208', nonce: `0x${nonce.toString(16)}` },
      ]);
    }
    for (const end = Date.now() + WAIT_MS; last !== undefined && Date.now() < end; ) {
      if ((await client.request('eth_getTransactionReceipt', [last])) !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
