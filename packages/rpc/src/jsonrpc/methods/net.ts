import type { Method } from '../method.ts';
import { boolResult, numberQuantityResult, textResult } from '../results.ts';

export interface NetMethods {
  readonly net_version: Method<[], string>;
  readonly net_listening: Method<[], boolean>;
  readonly net_peerCount: Method<[], number>;
}

export const netMethods: NetMethods = {
  net_version: { doc: 'Network id, in decimal digits.', params: [], result: textResult },
  net_listening: { doc: 'Whether this node takes connections.', params: [], result: boolResult },
  net_peerCount: { doc: 'How many peers are connected.', params: [], result: numberQuantityResult },
};
