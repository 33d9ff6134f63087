import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { createRandom } from '@isoquorum/platform/node/random';
import type { Bench } from './measurement.ts';
import { withNetwork } from './network.ts';

const PAYLOAD_BYTES = 200;

/** Calls per second of `ask` for `seconds`, `lanes` at a time. */
async function rate(seconds: number, lanes: number, ask: (index: number) => Promise<void>): Promise<number> {
  let calls = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (performance.now() - started < seconds * 1_000) {
        calls += 1;
        await ask(calls);
      }
    }),
  );
  return calls / ((performance.now() - started) / 1_000);
}

/** 200-byte payloads to one recipient through two real managers, one and eight at a time; then fetched by the recipient's node. */
export const benchManager: Bench = async function* ({ seconds }) {
  const figures = await withNetwork(25_400, ['--validators', '2'], async (network) => {
    const [from, to] = network.file().managers;
    const random = createRandom();
    const keys: string[] = [];
    const send = async (): Promise<void> => {
      const body = JSON.stringify({ payload: bytesToBase64(random.bytes(PAYLOAD_BYTES)), to: [to?.publicKeys[0]] });
      const response = await fetch(`${from?.q2t}/send`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      if (response.status !== 201 && response.status !== 200)
        throw new Error(`/send: ${response.status} ${await response.text()}`);
      keys.push(((await response.json()) as { key: string }).key);
    };
    const receive = async (index: number): Promise<void> => {
      const key = keys[index % keys.length] ?? '';
      const response = await fetch(`${to?.q2t}/transaction/${encodeURIComponent(key)}`);
      if (response.status !== 200) throw new Error(`/transaction: ${response.status} ${await response.text()}`);
      await response.json();
    };
    await rate(1, 1, send);
    return {
      one: await rate(seconds, 1, send),
      eight: await rate(seconds, 8, send),
      receive: await rate(seconds, 8, receive),
    };
  });
  const shape = { unit: 'ops/s', bytes: PAYLOAD_BYTES, recipients: 1 };
  yield { name: 'manager.send', value: figures.one, ...shape };
  yield { name: 'manager.send.8', value: figures.eight, ...shape };
  yield { name: 'manager.receive.8', value: figures.receive, ...shape };
};
