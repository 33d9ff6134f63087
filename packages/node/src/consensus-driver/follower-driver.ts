import { engineAt } from '@isoquorum/consensus/header';
import { quorumAt } from '@isoquorum/consensus/header-rules';
import { bytesEqual } from '@isoquorum/primitives/hex';
import type { EngineRules } from '../engine/engine.ts';
import type { ConsensusDriver, ConsensusStatus, DriverParts } from './driver.ts';

type FollowerParts = Pick<DriverParts, 'address' | 'chain' | 'clock'>;

/** For a node that takes no part: it decides nothing, and says where the chain stands. */
export function createFollowerDriver(parts: FollowerParts, rules: EngineRules): ConsensusDriver {
  const { reader } = parts.chain;
  let sinceMs = parts.clock.nowMs();
  let stopListening: (() => void) | undefined;

  function algorithmAt(number: number): ConsensusStatus['algorithm'] {
    return rules.kind === 'bft' ? engineAt(reader.config, number) : rules.kind;
  }

  return {
    start() {
      stopListening = reader.onEvent((event) => {
        if (event.type === 'head') sinceMs = parts.clock.nowMs();
      });
    },
    stop() {
      stopListening?.();
      return Promise.resolve();
    },
    idle: () => Promise.resolve(),
    status() {
      const { hash, block } = reader.head();
      const height = block.header.number + 1;
      const validators = rules.validatorsAfter({ hash, header: block.header });
      const quorum = rules.kind === 'bft' ? quorumAt(reader.config, height, validators.length) : 0;
      return {
        algorithm: algorithmAt(height),
        height,
        round: 0,
        phase: 'following',
        proposer: undefined,
        isValidator: validators.some((address) => bytesEqual(address, parts.address)),
        isSigning: false,
        validators,
        quorum,
        missing: [],
        disconnected: [],
        sinceMs,
      };
    },
  };
}
