import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { FaultNetwork } from './faults/fault-network.ts';
import { runFaults } from './faults/run-faults.ts';

test.each([
  ['raft', 27_400, 8],
  ['clique', 27_600, 7],
] as const)(
  'four real %s validators: faults, a lost disk, a new member',
  { timeout: 400_000 },
  async (consensus, portBase, count) => {
    const lines: string[] = [];
    const running = runFaults({ consensus, validators: 4, waiting: 0, portBase, say: (line) => lines.push(line) });
    await expect(running, lines.join('\n')).resolves.toBeUndefined();
    expect(lines).toHaveLength(count);
  },
);

test('a node of a fault network is not taken for another program at its port, nor for another node', async () => {
  const portBase = 27_800;
  const [first, second] = await Promise.all(
    [0, 1].map(() => FaultNetwork.generate({ consensus: 'qbft', validators: 1, guests: 0, portBase })),
  );
  const server = createServer((_request, response) => response.end('{"jsonrpc":"2.0","id":1,"result":true}'));
  try {
    await new Promise<void>((resolve) => server.listen(portBase + 1, '127.0.0.1', resolve));
    await expect(first?.start(0)).rejects.toMatchObject({ code: 'PORT_BUSY' });
    await first?.kill(0);
    await new Promise((resolve) => server.close(resolve));
    await first?.start(0);
    await expect(second?.start(0)).rejects.toMatchObject({ code: 'PORT_BUSY' });
  } finally {
    server.close();
    await first?.stop();
    await second?.stop();
  }
});
