import type { PeerNote } from '@isoquorum/network/session/conduct';

/** What a correct node noted against others that are correct, too: whoever is blamed too often is kept away, so nobody may be for what others do. */
export function blameAmong(correct: ReadonlySet<string>, notes: readonly PeerNote[]): readonly string[] {
  return notes.flatMap(({ peerId, code, message }) =>
    correct.has(peerId) ? [`blames the correct ${peerId} for ${code}: ${message}`] : [],
  );
}
