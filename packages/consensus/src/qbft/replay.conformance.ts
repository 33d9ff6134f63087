import { describe, expect, test } from 'vitest';
import { replayNode } from '../testing/replay.ts';
import { hasVectors, listVectors, readJson, type Recording } from '../testing/recordings.ts';

const folder = ['consensus', 'qbft'] as const;
const runs = listVectors(...folder).flatMap((file) => {
  const count = file.startsWith('seven') ? 7 : file.startsWith('votes') ? 5 : 4;
  return Array.from({ length: count }, (_, node): [string, number] => [file, node]);
});
const recordings = new Map<string, Recording>();

function recordingOf(file: string): Recording {
  const known = recordings.get(file) ?? readJson<Recording>(...folder, file);
  recordings.set(file, known);
  return known;
}

describe.skipIf(!hasVectors(...folder))('replay of recorded nodes (needs shared/vectors/consensus/qbft)', () => {
  test.each(runs)(
    '%s, node %i: the same events lead to the same messages, rounds, timers, commits and errors',
    (file, node) => {
      const events = replayNode(recordingOf(file), node);
      expect(events.length).toBeGreaterThan(20);
      for (const { entry, recorded, replayed } of events)
        expect({ entry, ...replayed }).toEqual({ entry, ...recorded });
    },
  );

  test('nearly all broadcasts of all runs were compared', () => {
    const broadcasts = runs.flatMap(([file, node]) =>
      replayNode(recordingOf(file), node).flatMap(({ replayed }) =>
        replayed.outputs.filter((output) => typeof output === 'object' && output !== null && 'broadcast' in output),
      ),
    );
    // 1,033 in the recordings, of which those of a machine restarted in mid-event are not tied to an event.
    expect(broadcasts.length).toBeGreaterThanOrEqual(1030);
  });
});
