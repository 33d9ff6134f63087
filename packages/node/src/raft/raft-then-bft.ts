import type { ConsensusDriver, DriverParts } from '../consensus-driver/driver.ts';
import { decodeRaftExtra } from '@isoquorum/consensus/raft/header';
import { IsoquorumError, isIsoquorumError } from '@isoquorum/primitives/errors';
import type { Header } from '@isoquorum/primitives/header';
import type { RaftRules } from '../engine/raft-rules.ts';
import type { RaftOptions } from './options.ts';
import { createRaftDriver } from './raft-driver.ts';

/** This node was started too late with the transition: the chain is past it by Raft. */
export type RaftEndErrorCode = 'RAFT_END_PASSED';

function isRaftHeader(header: Header): boolean {
  try {
    decodeRaftExtra(header);
    return true;
  } catch (error) {
    if (isIsoquorumError(error)) return false;
    throw error;
  }
}

/**
 * Raft up to the block before `rules.end`, then whatever `createNext` makes. The log is served on for members that are late, until the node is started
 * again; nothing more is minted.
 */
export function createRaftThenBftDriver(
  parts: DriverParts,
  rules: RaftRules,
  options: RaftOptions,
  createNext: () => ConsensusDriver,
): ConsensusDriver {
  const raft = createRaftDriver(parts, rules, options);
  const { reader } = parts.chain;
  let next: ConsensusDriver | undefined;
  let isStopped = false;
  let stopListening: (() => void) | undefined;

  /** @throws RAFT_END_PASSED */
  function refuseLate(block: number): void {
    const header = reader.headerByNumber(block);
    if (header === undefined || !isRaftHeader(header)) return;
    throw new IsoquorumError(
      'RAFT_END_PASSED',
      `block ${block} was made by Raft already: the transition to BFT needs a later block`,
      { block, head: reader.headNumber() },
      'STOP',
    );
  }

  function handOver(): void {
    if (rules.end === undefined || next !== undefined || isStopped) return;
    if (reader.headNumber() + 1 < rules.end.block) return;
    refuseLate(rules.end.block);
    stopListening?.();
    parts.logger.log('info', 'The chain leaves Raft', { block: rules.end.block });
    next = createNext();
    next.start();
  }

  return {
    raft: raft.raft,
    start() {
      handOver();
      if (next !== undefined) return;
      raft.start();
      stopListening = reader.onEvent((event) => {
        if (event.type === 'head') handOver();
      });
    },
    async stop() {
      isStopped = true;
      stopListening?.();
      await next?.stop();
      await raft.stop();
    },
    status: () => (next ?? raft).status(),
    async idle() {
      await raft.idle();
      await next?.idle();
    },
  };
}
