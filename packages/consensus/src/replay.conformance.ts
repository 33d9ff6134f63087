import { describe, expect, test } from 'vitest';
import { replayNode } from './testing/replay.ts';
import { hasVectors, listVectors, readJson, type Recording } from './testing/recordings.ts';

/** Broadcasts in the recordings (README there); those of a machine restarted in mid-event are not tied to an event. */
const broadcasts = { ibft: 987, qbft: 1030 } as const;

const engines = ['ibft', 'qbft'] as const;
const recordings = new Map<string, Recording>();

function recordingOf(engine: string, file: string): Recording {
  const key = `${engine}/${file}`;
  const known = recordings.get(key) ?? readJson<Recording>('consensus', engine, file);
  recordings.set(key, known);
  return known;
}

function nodesOf(engine: string): readonly [string, number][] {
  return listVectors('consensus', engine).flatMap((file) =>
    recordingOf(engine, file).nodes.map(({ index }): [string, number] => [file, index]),
  );
}

describe.each(engines)('replay of recorded %s nodes (needs shared/vectors/consensus)', (engine) => {
  const runs = nodesOf(engine);

  test.skipIf(!hasVectors('consensus', engine)).for(runs)(
    '%s, node %i: the same events lead to the same messages, rounds, timers, commits and errors',
    ([file, node]) => {
      const events = replayNode(recordingOf(engine, file), node);
      const recorded = recordingOf(engine, file).nodes.find(({ index }) => index === node)?.trace ?? [];
      expect(events.length).toBe(recorded.filter(({ k }) => k === 'event').length);
      for (const { entry, recorded: expected, replayed } of events)
        expect({ entry, ...replayed }).toEqual({ entry, ...expected });
    },
  );

  test.skipIf(!hasVectors('consensus', engine))('nearly all broadcasts of all runs were compared', () => {
    const compared = runs.flatMap(([file, node]) =>
      replayNode(recordingOf(engine, file), node).flatMap(({ replayed }) =>
        replayed.outputs.filter((output) => typeof output === 'object' && output !== null && 'broadcast' in output),
      ),
    );
    expect(compared.length).toBeGreaterThanOrEqual(broadcasts[engine]);
  });
});
