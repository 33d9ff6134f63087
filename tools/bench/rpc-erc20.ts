import { hexToBytes } from '@isoquorum/primitives/hex';
import { rpc, until } from '../../e2e/network.ts';
import type { Bench } from './measurement.ts';
import {
  cpuSeconds,
  createSenders,
  rpcBatch,
  type Sender,
  signCall,
  sleep,
  tokenCreation,
  transferCall,
  withNetwork,
} from './network.ts';

const SENDERS = 20;
const BATCH = 50;
const OUTSTANDING = 4_000;

interface BlockHead {
  readonly number: string;
  readonly transactions: readonly string[];
}

async function minedUpTo(url: string, from: number): Promise<{ head: number; mined: number }> {
  const head = Number(await rpc<string>(url, 'eth_blockNumber'));
  let mined = 0;
  for (let number = from; number <= head; number += 1) {
    mined += (await rpc<BlockHead>(url, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false)).transactions.length;
  }
  return { head, mined };
}

/** Puts tokens into the hands of every sender and returns the token's address. */
async function prepareToken(
  url: string,
  chainId: number,
  owner: Sender,
  senders: readonly Sender[],
): Promise<Uint8Array> {
  const deployment = await rpc<string>(
    url,
    'eth_sendRawTransaction',
    signCall(owner, chainId, undefined, tokenCreation(10n ** 18n), 3_000_000n),
  );
  const receipt = await until(
    'deployment',
    () => rpc<{ contractAddress: string; status: string } | null>(url, 'eth_getTransactionReceipt', deployment),
    (found) => found !== null,
  );
  if (receipt?.status !== '0x1') throw new Error('the token could not be deployed');
  const token = hexToBytes(receipt.contractAddress);
  const funding = senders.map((sender) =>
    signCall(owner, chainId, token, transferCall(sender.address, 10n ** 9n), 100_000n),
  );
  const hashes = (await rpcBatch(
    url,
    funding.map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw] })),
  )) as string[];
  await until(
    'funding',
    () => rpc(url, 'eth_getTransactionReceipt', hashes.at(-1)),
    (found) => found !== null,
  );
  return token;
}

/** ERC-20 transfers signed beforehand, 20 senders, batches of 50, at most 4,000 outstanding, 1 s period, or Raft's 50 ms (interfaces.md 5). */
export const benchRpcErc20 = (validators: number, consensus: 'qbft' | 'raft' = 'qbft'): Bench =>
  async function* ({ seconds }) {
    const duration = Math.max(seconds, 10);
    const measurement = await withNetwork(
      24_000 + validators * 100,
      ['--validators', String(validators), '--consensus', consensus],
      async (network) => {
        const file = network.file();
        const url = file.nodes[0]?.http ?? '';
        const owner: Sender = {
          privateKey: hexToBytes(file.accounts[0]?.privateKey ?? ''),
          address: hexToBytes(file.accounts[0]?.address ?? ''),
          nonce: 0n,
        };
        const senders = createSenders(SENDERS);
        const token = await prepareToken(url, file.chainId, owner, senders);
        const total = duration * 2_500;
        const receivers = createSenders(100).map((receiver) => receiver.address);
        const raws = Array.from({ length: total }, (_, index) =>
          signCall(
            senders[index % SENDERS] as Sender,
            file.chainId,
            token,
            transferCall(receivers[index % 100] as Uint8Array, 1n),
            80_000n,
          ),
        );

        const firstBlock = Number(await rpc<string>(url, 'eth_blockNumber')) + 1;
        const cpuBefore = file.nodes.map((node) => cpuSeconds(node.pid));
        const started = performance.now();
        let sent = 0;
        let counted = firstBlock;
        let mined = 0;
        const count = async (): Promise<void> => {
          const fresh = await minedUpTo(url, counted);
          counted = fresh.head + 1;
          mined += fresh.mined;
        };
        while (performance.now() - started < duration * 1_000 && sent < total) {
          if (sent - mined + BATCH > OUTSTANDING) {
            await sleep(50);
            await count();
            continue;
          }
          const batch = raws.slice(sent, sent + BATCH);
          await rpcBatch(
            url,
            batch.map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw] })),
          );
          sent += batch.length;
        }
        while (mined < sent) {
          await sleep(50);
          await count();
        }
        const elapsed = (performance.now() - started) / 1_000;
        const cpu = file.nodes.map((node, index) => (cpuSeconds(node.pid) ?? 0) - (cpuBefore[index] ?? 0));
        return { sent, elapsed, cpuMs: (cpu.reduce((sum, value) => sum + value, 0) * 1_000) / sent / validators };
      },
    );
    yield {
      name: `rpc.erc20.${consensus === 'raft' ? 'raft' : validators}`,
      value: measurement.sent / measurement.elapsed,
      unit: 'tx/s',
      consensus,
      validators,
      batch: BATCH,
      transactions: measurement.sent,
      cpu: `${measurement.cpuMs.toFixed(2)} ms/tx/node`,
    };
  };
