import { rpc } from '../../e2e/network.ts';
import { createSenders, signCall } from '../bench/network.ts';
import type { FaultNetwork } from './fault-network.ts';

/** A transaction every so often, each of an account of its own: a chain that makes blocks on demand goes on by it. */
export class Trickle {
  private readonly network: FaultNetwork;
  private timer: NodeJS.Timeout | undefined;

  constructor(network: FaultNetwork) {
    this.network = network;
  }

  start(everyMs: number): void {
    this.stop();
    this.timer = setInterval(() => void this.send(), everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async send(): Promise<void> {
    const up = this.network.up();
    const [sender] = createSenders(1);
    const index = up[Math.floor(Math.random() * up.length)];
    if (sender === undefined || index === undefined) return;
    const raw = signCall(sender, 1_337, sender.address, new Uint8Array(0), 21_000n);
    // Whoever is just starting or dying takes none.
    await rpc(this.network.url(index), 'eth_sendRawTransaction', raw).catch(() => undefined);
  }
}
