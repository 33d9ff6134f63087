import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { FaultNetwork } from './faults/fault-network.ts';
import { runFaults } from './faults/run-faults.ts';

test.each([
  ['raft', 27_400],
  ['clique', 27_600],
] as const)(
  'four real %s validators: as many down as it stands, one more, all; status and log tell who is missing',
  { timeout: 400_000 },
  async (consensus, portBase) => {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const running = runFaults({ consensus, validators: 4, scenarios: ['faults'], waiting: 0, portBase, say });
    await expect(running, lines.join('\n')).resolves.toBeUndefined();
    expect(lines).toHaveLength(4);
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
