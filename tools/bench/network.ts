import { readFileSync } from 'node:fs';
import { createRandom } from '@isoquorum/platform/node/random';
import { bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { bigintToFixedBytes } from '@isoquorum/primitives/integer';
import { privateKeyToAddress } from '@isoquorum/primitives/secp256k1';
import { encodeTransaction, signTransaction } from '@isoquorum/primitives/transaction/transaction';
import { rpc, type RunningNetwork, startNetwork, until } from '../../e2e/network.ts';

/** A development network started for a bench, all of its validators signing. */
export async function withNetwork<Result>(
  portBase: number,
  args: readonly string[],
  use: (network: RunningNetwork) => Promise<Result>,
): Promise<Result> {
  const network = await startNetwork(portBase, '--no-playground', ...args);
  try {
    for (const { name, http } of network.file().nodes) {
      const ask = (): Promise<{ isSigning: boolean }> => rpc(http, 'isoquorum_consensusStatus');
      await until(`${name} signs`, ask, ({ isSigning }) => isSigning);
    }
    return await use(network);
  } finally {
    await network.stop();
  }
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Sends a JSON-RPC batch; throws the first error. */
export async function rpcBatch(
  url: string,
  calls: readonly { readonly method: string; readonly params: readonly unknown[] }[],
): Promise<unknown[]> {
  const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })));
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const answers = (await response.json()) as Answer[];
  const failed = answers.find((answer) => answer.error !== undefined);
  if (failed !== undefined) throw new Error(`${calls[failed.id]?.method}: ${failed.error?.message}`);
  return answers.toSorted((left, right) => left.id - right.id).map((answer) => answer.result);
}

/** A key that signs transactions with its own nonces. */
export interface Sender {
  readonly address: Uint8Array;
  readonly privateKey: Uint8Array;
  nonce: bigint;
}

export function createSenders(count: number): Sender[] {
  const random = createRandom();
  return Array.from({ length: count }, () => {
    const privateKey = random.bytes(32);
    return { privateKey, address: privateKeyToAddress(privateKey), nonce: 0n };
  });
}

/** A signed legacy transaction with gas price 0, as `eth_sendRawTransaction` takes it. */
export function signCall(
  sender: Sender,
  chainId: number,
  to: Uint8Array | undefined,
  data: Uint8Array,
  gasLimit: bigint,
  isPrivate = false,
): string {
  const unsigned = { type: 0 as const, nonce: sender.nonce, gasPrice: 0n, gasLimit, to, value: 0n, data };
  sender.nonce += 1n;
  return bytesToHex(
    encodeTransaction(
      signTransaction(unsigned, sender.privateKey, isPrivate ? { isPrivate } : { chainId: BigInt(chainId) }),
    ),
  );
}

interface ReadyMade {
  readonly contracts: Readonly<Record<string, { readonly bytecode: string }>>;
}

const word = (value: bigint): Uint8Array => bigintToFixedBytes(value, 32);

/** Creation code of the playground's token, with its constructor's arguments (name, symbol, supply). */
export function tokenCreation(supply: bigint): Uint8Array {
  const file = new URL('../../apps/playground/src/contracts/ready-made.json', import.meta.url);
  const code = (JSON.parse(readFileSync(file, 'utf8')) as ReadyMade).contracts['Token']?.bytecode ?? '';
  const text = (value: string): Uint8Array => {
    const bytes = new Uint8Array(32);
    bytes.set(new TextEncoder().encode(value));
    return concatBytes(word(BigInt(value.length)), bytes);
  };
  return concatBytes(
    hexToBytes(code.startsWith('0x') ? code : `0x${code}`),
    word(0x60n),
    word(0xa0n),
    word(supply),
    text('Bench'),
    text('BEN'),
  );
}

/** Call data of `transfer(address,uint256)`. */
export function transferCall(to: Uint8Array, value: bigint): Uint8Array {
  return concatBytes(hexToBytes('0xa9059cbb'), new Uint8Array(12), to, word(value));
}

/** CPU seconds that a process has used so far (user and system), from `/proc`; undefined elsewhere than on Linux. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

/** Resident set of a process in MiB. */
export function residentMiB(pid: number): number | undefined {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
  } catch {
    return undefined;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
