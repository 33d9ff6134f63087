import { installFastestCrypto } from '@isoquorum/platform/node/crypto';
import { LEVELS } from '@isoquorum/simulator/consensus-kinds';
import { createSimulation } from '@isoquorum/simulator/simulate';
import type { Bench } from './measurement.ts';

const NODES = 21;
const HEIGHTS: Readonly<Record<(typeof LEVELS)[number], number>> = { machines: 1_000, nodes: 10 };

/** 21 validators in the simulator: seconds for 1,000 heights of QBFT machines; whole nodes make a few, and are counted up to as many. */
export const benchSimulate: Bench = async function* () {
  await installFastestCrypto();
  for (const level of LEVELS) {
    const heights = HEIGHTS[level];
    const simulation = createSimulation({
      consensus: 'qbft',
      level,
      nodes: NODES,
      heights,
      kinds: [],
      quorumRule: 'ceil2N/3',
    });
    const started = performance.now();
    const cpuStarted = process.cpuUsage();
    const { violations, lowest, messages } = await simulation.run(simulation.draw(1));
    const seconds = (performance.now() - started) / 1_000;
    const { user, system } = process.cpuUsage(cpuStarted);
    const cpuSeconds = Math.round((user + system) / 1e5) / 10;
    if (violations.length > 0) throw new Error(violations.join('; '));
    const name = level === 'machines' ? 'simulate.21' : 'simulate.21.nodes';
    yield {
      name,
      value: (seconds * 1_000) / lowest,
      unit: 's/1000 blocks',
      validators: NODES,
      blocks: lowest,
      messages,
      cpuSeconds,
    };
  }
};
