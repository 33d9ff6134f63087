import type { Bench } from './measurement.ts';
import { residentMiB, sleep, withNetwork } from './network.ts';

/** `npm start` until `Ready`: four validators and managers from nothing, without the page's build. */
export const benchStart: Bench = async function* () {
  const started = performance.now();
  const memory = await withNetwork(25_200, [], async (network) => {
    const ready = (performance.now() - started) / 1_000;
    await sleep(5_000);
    const file = network.file();
    const mean = (pids: readonly number[]): number =>
      pids.reduce((sum, pid) => sum + (residentMiB(pid) ?? Number.NaN), 0) / pids.length;
    return {
      ready,
      node: mean(file.nodes.map((node) => node.pid)),
      manager: mean(file.managers.map((manager) => manager.pid)),
    };
  });
  yield { name: 'start', value: memory.ready, unit: 's', validators: 4, page: 'not built' };
  yield { name: 'memory.node', value: memory.node, unit: 'MiB', when: 'idle' };
  yield { name: 'memory.manager', value: memory.manager, unit: 'MiB', when: 'idle' };
};
