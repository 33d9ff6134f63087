import type { Address } from '@isoquorum/primitives/bytes';
import type { Method } from '../method.ts';
import { parameter } from '../parameters/codec.ts';
import { address } from '../parameters/hex.ts';
import { boolResult } from '../results.ts';

export interface MinerMethods {
  readonly miner_setEtherbase: Method<[address: Address], boolean>;
}

export const minerMethods: MinerMethods = {
  miner_setEtherbase: {
    doc: 'Always false: the engine says who proposes, and that is this node’s key.',
    params: [parameter('address', address)],
    result: boolResult,
  },
};
