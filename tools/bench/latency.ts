import { hexToBytes } from '@isoquorum/primitives/hex';
import { rpc } from '../../e2e/network.ts';
import type { Bench } from './measurement.ts';
import { type Sender, signCall, sleep, withNetwork } from './network.ts';

/** The value below which a share of the sorted samples lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** What is measured under each name. */
const SHAPES = {
  'latency.4': { consensus: 'qbft', validators: 4, options: ['--block-period', '1'], pollMs: 10 },
  /** Blocks on demand. */
  'latency.4.demand': { consensus: 'qbft', validators: 4, options: ['--block-period', '0'], pollMs: 2 },
  'latency.raft': { consensus: 'raft', validators: 3, options: [], pollMs: 1 },
} as const;

/** From send to receipt, one at a time at random moments. */
export const benchLatency = (name: keyof typeof SHAPES): Bench =>
  async function* ({ seconds }) {
    const { consensus, validators, options, pollMs } = SHAPES[name];
    const samples = Math.max(10, Math.round(seconds * 3));
    const flags = ['--validators', String(validators), '--consensus', consensus, ...options];
    const sorted = await withNetwork(24_900, flags, async (network) => {
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
    });
    yield {
      name,
      value: percentile(sorted, 0.5),
      unit: 'ms p50',
      p95: percentile(sorted, 0.95),
      p99: percentile(sorted, 0.99),
      samples,
      validators,
      consensus,
    };
  };
