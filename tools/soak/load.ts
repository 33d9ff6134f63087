import { hexToBytes } from '@isoquorum/primitives/hex';
import { callData, creation } from '../../e2e/contracts.ts';
import { type NetworkFile, rpc, until } from '../../e2e/network.ts';
import { createSenders, type Sender, signCall, sleep } from '../bench/network.ts';

/** A transaction that a node has accepted, so that it must never be lost. */
export interface Accepted {
  readonly hash: string;
  readonly kind: 'public' | 'private';
}

/** What the load needs to know of the network; read afresh, because process ids and reachability change. */
export interface LoadTarget {
  file(): NetworkFile;
  random(below: number): number;
}

/** Sends transactions, one lane for public and one for private ones, until it is stopped. */
export interface Load {
  readonly accepted: readonly Accepted[];
  /** Address of the private contract of the first two parties. */
  readonly privateContract: string;
  stop(): Promise<void>;
}

const GAP_MS = 150;
/** Errors that mean "the node has it already". */
const KNOWN = /already known|nonce too low/;

/** Offers a signed transaction to one node after the other until one has it. */
async function offer(target: LoadTarget, raw: string, isStopped: () => boolean): Promise<string | undefined> {
  while (!isStopped()) {
    const { nodes } = target.file();
    const node = nodes[target.random(nodes.length)];
    try {
      return await rpc<string>(node?.http ?? '', 'eth_sendRawTransaction', raw);
    } catch (error) {
      if (KNOWN.test((error as Error).message)) return undefined;
      await sleep(100);
    }
  }
  return undefined;
}

async function publicLane(
  target: LoadTarget,
  sender: Sender,
  accepted: Accepted[],
  isStopped: () => boolean,
): Promise<void> {
  while (!isStopped()) {
    const raw = signCall(sender, target.file().chainId, sender.address, new Uint8Array(0), 21_000n);
    const hash = await offer(target, raw, isStopped);
    if (hash !== undefined) accepted.push({ hash, kind: 'public' });
    await sleep(GAP_MS);
  }
}

/** Private writes by the first node's account for the second node's party, whenever both node and managers answer. */
async function privateLane(
  target: LoadTarget,
  contract: string,
  accepted: Accepted[],
  isStopped: () => boolean,
): Promise<void> {
  for (let value = 1n; !isStopped(); value += 1n) {
    const { nodes, managers } = target.file();
    const url = nodes[0]?.http ?? '';
    try {
      const [from] = await rpc<string[]>(url, 'eth_accounts');
      const transaction = {
        from,
        to: contract,
        gas: '0x30d40',
        data: callData('SimpleStorage', 'set', value),
        privateFor: managers[1]?.publicKeys,
      };
      accepted.push({ hash: await rpc<string>(url, 'eth_sendTransaction', transaction), kind: 'private' });
    } catch {
      await sleep(500);
    }
    await sleep(GAP_MS);
  }
}

/** Deploys the private contract and starts both lanes. */
export async function startLoad(target: LoadTarget): Promise<Load> {
  const { nodes, managers } = target.file();
  const url = nodes[0]?.http ?? '';
  const [from] = await rpc<string[]>(url, 'eth_accounts');
  const hash = await rpc<string>(url, 'eth_sendTransaction', {
    from,
    gas: '0x2dc6c0',
    data: creation('SimpleStorage', 0n),
    privateFor: managers[1]?.publicKeys,
  });
  const receipt = await until(
    'deployment',
    () => rpc<{ contractAddress: string } | null>(url, 'eth_getTransactionReceipt', hash),
    (found) => found !== null,
  );
  const privateContract = receipt?.contractAddress ?? '';
  hexToBytes(privateContract);
  const accepted: Accepted[] = [];
  let stopped = false;
  const isStopped = (): boolean => stopped;
  const [sender] = createSenders(1);
  const lanes = [
    publicLane(target, sender as Sender, accepted, isStopped),
    privateLane(target, privateContract, accepted, isStopped),
  ];
  return {
    accepted,
    privateContract,
    stop: async () => {
      stopped = true;
      await Promise.all(lanes);
    },
  };
}
