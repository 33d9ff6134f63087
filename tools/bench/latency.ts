import { hexToBytes } from '@isoquorum/primitives/hex';
import { rpc } from '../../e2e/network.ts';
import type { Bench } from './measurement.ts';
import { type Sender, signCall, sleep, withNetwork } from './network.ts';

/** The value below which a share of the sorted samples lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** From send to receipt, one at a time at random moments: 4 QBFT validators and a period of 1 s, or 3 Raft members and no period. */
export const benchLatency = (consensus: 'qbft' | 'raft' = 'qbft'): Bench =>
  async function* ({ seconds }) {
    const isRaft = consensus === 'raft';
    const validators = isRaft ? 3 : 4;
    const pollMs = isRaft ? 1 : 10;
    const samples = Math.max(10, Math.round(seconds * 3));
    const sorted = await withNetwork(
      24_900,
      ['--validators', String(validators), '--consensus', consensus],
      async (network) => {
        const file = network.file();
        const url = file.nodes[0]?.http ?? '';
        const sender: Sender = {
          privateKey: hexToBytes(file.accounts[1]?.privateKey ?? ''),
          address: hexToBytes(file.accounts[1]?.address ?? ''),
          nonce: 0n,
        };
        const found: number[] = [];
        for (let sample = 0; sample < samples; sample += 1) {
          await sleep(Math.random() * 1_000);
          const raw = signCall(sender, file.chainId, sender.address, new Uint8Array(0), 21_000n);
          const started = performance.now();
          const hash = await rpc<string>(url, 'eth_sendRawTransaction', raw);
          while ((await rpc(url, 'eth_getTransactionReceipt', hash)) === null) await sleep(pollMs);
          found.push(performance.now() - started);
        }
        return found.toSorted((left, right) => left - right);
      },
    );
    yield {
      name: isRaft ? 'latency.raft' : 'latency.4',
      value: percentile(sorted, 0.5),
      unit: 'ms p50',
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      samples,
      validators,
      consensus,
    };
  };
