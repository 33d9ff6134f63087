import { readFileSync } from 'node:fs';
import { type Abi, decodeFunctionResult, encodeDeployData, encodeFunctionData, type Hex } from 'viem';
import { rpc, until } from './network.ts';

interface ReadyMade {
  readonly contracts: Readonly<Record<string, { readonly abi: Abi; readonly bytecode: string }>>;
}

const readyMade = JSON.parse(
  readFileSync(new URL('../apps/playground/src/contracts/ready-made.json', import.meta.url), 'utf8'),
) as ReadyMade;

function contract(name: string): { abi: Abi; bytecode: Hex } {
  const found = readyMade.contracts[name];
  if (found === undefined) throw new Error(`no contract ${name}`);
  return {
    abi: found.abi,
    bytecode: (found.bytecode.startsWith('0x') ? found.bytecode : `0x${found.bytecode}`) as Hex,
  };
}

/** Creation code of a ready-made contract with its constructor's arguments. */
export function creation(name: string, ...args: readonly unknown[]): Hex {
  const { abi, bytecode } = contract(name);
  return encodeDeployData({ abi, bytecode, args });
}

/** Call data of a function of a ready-made contract. */
export function callData(name: string, functionName: string, ...args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: contract(name).abi, functionName, args });
}

/** What a function answered. */
export function decoded(name: string, functionName: string, data: string): unknown {
  return decodeFunctionResult({ abi: contract(name).abi, functionName, data: data as Hex });
}

export interface Receipt {
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly contractAddress: string | null;
  readonly status: string;
  readonly logs: readonly { readonly data: string }[];
}

/** Sends through a node's development account and waits for the receipt there. */
export async function sendFromNode(
  url: string,
  transaction: Readonly<Record<string, unknown>>,
): Promise<Receipt & { readonly hash: string }> {
  const [from] = await rpc<string[]>(url, 'eth_accounts');
  const hash = await rpc<string>(url, 'eth_sendTransaction', { from, gas: '0x2dc6c0', ...transaction });
  const receipt = await until(
    `receipt of ${hash}`,
    () => rpc<Receipt | null>(url, 'eth_getTransactionReceipt', hash),
    (found) => found !== null,
  );
  return { ...(receipt as Receipt), hash };
}

/** What `get()` of a SimpleStorage answers at a node; undefined where there is no such contract. */
export async function storedAt(url: string, address: string): Promise<bigint | undefined> {
  const data = await rpc<string>(url, 'eth_call', { to: address, data: callData('SimpleStorage', 'get') }, 'latest');
  return data === '0x' ? undefined : (decoded('SimpleStorage', 'get', data) as bigint);
}
