import { decodeRaftFrame } from '@isoquorum/consensus/raft/frame';
import type { ReplicaEnvironment } from '../machines/replica.ts';

/** Messages with entries of one leader that get through before it falls silent. */
const heardMax = 8;
/** How long it is silent, milliseconds: the others elect another, which does not have what this one wrote by itself. */
const silence = { least: 1_000, most: 4_000 };

/**
 * An environment in which every leader falls silent after a few appends, as if it had died right after them, and comes back with what it wrote. What
 * chance does rarely happens all the time: leaders with entries of their own term that few have, which lead again in a later one.
 */
export function silencingLeaders(environment: ReplicaEnvironment): ReplicaEnvironment {
  const chance = environment.chance.fork('silence');
  let term = 0;
  let left = 0;
  let silentUntilMs = 0;
  return {
    ...environment,
    send(to, packet) {
      const frame = packet.channel === 'consensus' ? decodeRaftFrame(packet.bytes) : undefined;
      const message = frame?.type === 'message' ? frame.message : undefined;
      if (message?.type === 'MsgApp' && message.term > term) {
        term = message.term;
        left = chance.below(heardMax);
      }
      const nowMs = environment.nowMs();
      if (nowMs < silentUntilMs) return;
      if (message?.type === 'MsgApp' && message.entries.length > 0 && --left < 0) {
        left = Number.POSITIVE_INFINITY;
        silentUntilMs = nowMs + chance.between(silence.least, silence.most);
        return;
      }
      environment.send(to, packet);
    },
  };
}
