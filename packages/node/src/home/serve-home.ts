import { IsoquorumError } from '@isoquorum/primitives/errors';
import type { NetworkHost } from '@isoquorum/network/host';
import { PARTIES_PROTOCOL, PAYLOAD_PROTOCOL } from '@isoquorum/network/protocols';
import type { Q2tClient } from '@isoquorum/rpc/rest/q2t';

/**
 * Pages talk to their home, this node's manager, through this node (decision 12): requests of both protocols are carried to the manager
 * unread, with the PeerId that the network has authenticated. Waiting payloads come back as answers of long polls.
 */
export function serveHome(host: NetworkHost, manager: Q2tClient | undefined): void {
  for (const protocol of [PAYLOAD_PROTOCOL, PARTIES_PROTOCOL]) {
    host.onRequest(protocol, async (peer, request, signal) => {
      if (manager === undefined) {
        throw new IsoquorumError('MANAGER_NOT_ENABLED', 'this node has no transaction manager', {}, 'IGNORE');
      }
      return manager.home(peer.id, request, signal);
    });
  }
}
