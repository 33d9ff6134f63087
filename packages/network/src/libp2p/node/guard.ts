import type { Startable } from '@libp2p/interface';
import type { Registrar } from '@libp2p/interface-internal';
import { networkError } from '../../session/errors.ts';

/** libp2p's own protocols, which a guest may not use either. */
const memberProtocols = [
  '/ipfs/id/1.0.0',
  '/ipfs/id/push/1.0.0',
  '/ipfs/ping/1.0.0',
  '/libp2p/circuit/relay/0.2.0/hop',
];

/**
 * A libp2p service that lets only admitted peers use the protocols that libp2p itself serves. It replaces their handlers once they are
 * registered; libp2p's own middleware would do, were its list not changed by each stream that passes it (libp2p 3.3).
 */
export function guardProtocols(
  isAdmitted: (peerId: string) => boolean,
): (components: { readonly registrar: Registrar }) => Startable {
  return ({ registrar }) => ({
    start: () => {},
    afterStart: async () => {
      for (const protocol of memberProtocols) {
        if (!registrar.getProtocols().includes(protocol)) continue;
        const { handler, options } = registrar.getHandler(protocol);
        await registrar.unhandle(protocol);
        await registrar.handle(
          protocol,
          (stream, connection) => {
            if (isAdmitted(connection.remotePeer.toString())) return handler(stream, connection);
            stream.abort(networkError('NOT_ADMITTED', 'guests may only redeem an invitation', { protocol }));
            return undefined;
          },
          options,
        );
      }
    },
    stop: () => {},
  });
}
