import { nodeKeyToPeerId } from '@isoquorum/primitives/node-key';
import { CONSENSUS_PROTOCOL, SYNC_PROTOCOL } from '../../protocols.ts';
import { createTestAdmission } from '../../testing/admission.ts';
import { addressOf, randomNodeKey, startTestNode } from '../../testing/node-net.ts';
import type { NodeHost } from './host.ts';

export interface NetworkFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly transport: string;
}

/** Two node hosts in one process: frames a second, round trips a second, MiB a second, milliseconds of a dial. */
export async function benchNodeHost(seconds = 1): Promise<NetworkFigure[]> {
  const figures: NetworkFigure[] = [];
  for (const transport of ['tcp', 'ws'] as const) {
    const keys = [randomNodeKey(), randomNodeKey()];
    const nodes: NodeHost[] = [];
    for (const nodeKey of keys) {
      const admission = createTestAdmission();
      for (const key of keys) admission.admit(nodeKeyToPeerId(key));
      nodes.push(await startTestNode({ nodeKey, admission }));
    }
    const [a, b] = nodes as [NodeHost, NodeHost];
    let frames = 0;
    let bytes = 0;
    b.onFrame(CONSENSUS_PROTOCOL, (_, frame) => {
      frames++;
      bytes += frame.length;
    });
    b.onRequest(SYNC_PROTOCOL, async (_, request) => request);
    const dialStart = performance.now();
    await a.dial(addressOf(b, transport));
    figures.push({ name: 'network.dial', value: performance.now() - dialStart, unit: 'ms', transport });

    const sendFor = async (size: number): Promise<number> => {
      const frame = new Uint8Array(size);
      const end = performance.now() + seconds * 1000;
      const start = performance.now();
      frames = 0;
      bytes = 0;
      while (performance.now() < end) {
        try {
          for (let count = 0; count < 32; count++) await a.send(b.peerId, CONSENSUS_PROTOCOL, frame);
        } catch {
          // The queue is full: let it drain.
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      return (performance.now() - start) / 1000;
    };
    let elapsed = await sendFor(200);
    figures.push({ name: 'network.frames', value: frames / elapsed, unit: '1/s', transport });
    elapsed = await sendFor(64 * 1024);
    figures.push({ name: 'network.throughput', value: bytes / elapsed / 1024 / 1024, unit: 'MiB/s', transport });

    const request = new Uint8Array(200);
    let round = 0;
    const start = performance.now();
    while (performance.now() - start < seconds * 1000) {
      await a.request(b.peerId, SYNC_PROTOCOL, request);
      round++;
    }
    figures.push({
      name: 'network.roundtrip',
      value: round / ((performance.now() - start) / 1000),
      unit: '1/s',
      transport,
    });
    await Promise.all(nodes.map((node) => node.stop()));
  }
  return figures;
}
