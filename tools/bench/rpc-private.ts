import { bytesToBase64, base64ToBytes } from '@isoquorum/primitives/base64';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { rpc, until } from '../../e2e/network.ts';
import type { Bench } from './measurement.ts';
import {
  createSenders,
  rpcBatch,
  type Sender,
  signCall,
  sleep,
  tokenCreation,
  transferCall,
  withNetwork,
} from './network.ts';

const BATCH = 20;
const SENDERS = 10;
const IN_FLIGHT = 4;

async function storeRaw(q2t: string, payload: Uint8Array): Promise<Uint8Array> {
  const response = await fetch(`${q2t}/storeraw`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ payload: bytesToBase64(payload) }),
  });
  return base64ToBytes(((await response.json()) as { key: string }).key);
}

/** `eth_sendRawPrivateTransaction` to one other party, batches of 20, 4 validators, real managers. */
export const benchRpcPrivate: Bench = async function* ({ seconds }) {
  const duration = Math.max(seconds, 10);
  const result = await withNetwork(25_000, ['--validators', '4'], async (network) => {
    const file = network.file();
    const url = file.nodes[0]?.http ?? '';
    const q2t = file.managers[0]?.q2t ?? '';
    const options = { privateFor: [file.managers[1]?.publicKeys[0]] };
    const owner: Sender = {
      privateKey: hexToBytes(file.accounts[2]?.privateKey ?? ''),
      address: hexToBytes(file.accounts[2]?.address ?? ''),
      nonce: 0n,
    };
    const send = async (raw: string): Promise<string> =>
      rpc<string>(url, 'eth_sendRawPrivateTransaction', raw, options);
    const deployment = await send(
      signCall(owner, file.chainId, undefined, await storeRaw(q2t, tokenCreation(10n ** 18n)), 3_000_000n, true),
    );
    const receipt = await until(
      'deployment',
      () => rpc<{ contractAddress: string } | null>(url, 'eth_getTransactionReceipt', deployment),
      (found) => found !== null,
    );
    const token = hexToBytes(receipt?.contractAddress ?? '');
    const senders = createSenders(SENDERS);
    const started = performance.now();
    let sent = 0;
    let last = '';
    // Each lane stores its payloads and sends a batch: the whole of what a client has to do counts.
    const lane = async (index: number): Promise<void> => {
      const sender = senders[index] as Sender;
      while (performance.now() - started < duration * 1_000) {
        const hashes = await Promise.all(
          Array.from({ length: BATCH }, () => storeRaw(q2t, transferCall(sender.address, 1n))),
        );
        const raws = hashes.map((hash) => signCall(sender, file.chainId, token, hash, 200_000n, true));
        const answers = (await rpcBatch(
          url,
          raws.map((raw) => ({ method: 'eth_sendRawPrivateTransaction', params: [raw, options] })),
        )) as string[];
        sent += answers.length;
        last = answers.at(-1) ?? last;
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => lane(index)));
    await until(
      'last receipt',
      () => rpc(url, 'eth_getTransactionReceipt', last),
      (found) => found !== null,
    );
    await until(
      'empty pool',
      () => rpc<{ pending: string }>(url, 'txpool_status'),
      (status) => Number(status.pending) === 0,
    );
    await sleep(0);
    return { sent, elapsed: (performance.now() - started) / 1_000 };
  });
  yield {
    name: 'rpc.private.4',
    value: result.sent / result.elapsed,
    unit: 'tx/s',
    batch: BATCH,
    validators: 4,
    transactions: result.sent,
  };
};
