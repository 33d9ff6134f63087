import type { Address } from '@isoquorum/primitives/bytes';
import { bytesToHex } from '@isoquorum/primitives/hex';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { IsoquorumMethods } from '@isoquorum/rpc/jsonrpc/methods/isoquorum';
import { RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';
import { createPrivateStatesTrie } from '../chain/private-states-trie.ts';
import { headerAt } from './blocks.ts';
import type { HandlerContext } from './context.ts';
import { runInSlices } from './time-slices.ts';

const texts = (addresses: readonly Address[]): readonly string[] => addresses.map(bytesToHex);

export function createIsoquorumHandlers(context: HandlerContext): HandlersOf<IsoquorumMethods> {
  const { chain, clock } = context;
  const trie = chain.config.isMps ? createPrivateStatesTrie(chain) : undefined;
  return {
    isoquorum_privateStatesRoot: async (_request, number) => {
      if (trie === undefined) throw new RpcError(SERVER_ERROR, 'this chain has one private state');
      const located = headerAt(context, number);
      if (located === undefined) throw new RpcError(SERVER_ERROR, `block #${number} not found`);
      return runInSlices(clock, trie.rootAfter(located.header.number));
    },
    isoquorum_consensusStatus() {
      const { algorithm, height, round, phase, proposer, isValidator, isSigning, quorum, failed, resting, ...rest } =
        context.consensusStatus();
      return {
        algorithm,
        height,
        round,
        phase,
        proposer: proposer === undefined ? null : bytesToHex(proposer),
        isValidator,
        isSigning,
        validators: texts(rest.validators),
        quorum,
        missing: texts(rest.missing),
        disconnected: texts(rest.disconnected),
        secondsAtHeight: Math.max(0, Math.round((context.clock.nowMs() - rest.sinceMs) / 1000)),
        failed: failed === undefined ? null : { ...failed, missing: texts(failed.missing) },
        resting:
          resting === undefined
            ? null
            : Object.fromEntries(resting.map((one) => [bytesToHex(one.address), one.maySignFrom])),
      };
    },
  };
}
