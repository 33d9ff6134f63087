import { bytesToHex } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import type { Peer } from '@isoquorum/network/host';
import type { HandlersOf } from '@isoquorum/rpc/jsonrpc/method';
import type { AdminMethods, PeerInfoJson } from '@isoquorum/rpc/jsonrpc/methods/admin';
import type { MinerMethods } from '@isoquorum/rpc/jsonrpc/methods/miner';
import type { NetMethods } from '@isoquorum/rpc/jsonrpc/methods/net';
import type { RpcMethods, Web3Methods } from '@isoquorum/rpc/jsonrpc/methods/web3';
import { namespaces } from '@isoquorum/rpc/jsonrpc/methods';
import type { HandlerContext } from './context.ts';
import { protocolsJson } from './node-protocols.ts';

/** Host and port of an enode URL. */
function enodeAddress(enode: string): { readonly host: string; readonly port: number } {
  const match = /@(.+):([0-9]+)(?:\?|$)/.exec(enode);
  return { host: match?.[1] ?? '', port: Number(match?.[2] ?? 0) };
}

function peerJson(peer: Peer): PeerInfoJson {
  const { status } = peer;
  return {
    enode: peer.multiaddr,
    id: peer.id,
    name: peer.name ?? status.client,
    caps: [`isoquorum-${peer.role}`],
    network: {
      localAddress: '',
      remoteAddress: peer.multiaddr,
      inbound: peer.direction === 'inbound',
      trusted: false,
      static: peer.role === 'node',
    },
    protocols: {
      isoquorum: {
        role: peer.role,
        transport: peer.transport,
        address: peer.address === undefined ? null : bytesToHex(peer.address),
        head: bytesToHex(status.headHash),
        number: status.headNumber,
      },
    },
  };
}

/** Namespaces of engines: a node has that of its chain's. */
const ENGINE_NAMESPACES: Readonly<Record<string, readonly string[]>> = {
  istanbul: ['bft'],
  clique: ['clique'],
  raft: ['raft'],
};

function ownNamespaces({ validators }: HandlerContext): readonly string[] {
  return namespaces().filter((name) => ENGINE_NAMESPACES[name]?.includes(validators.kind) ?? true);
}

/** `admin`, `net`, `web3` and `rpc`: the node itself. */
export function createNodeHandlersOfIdentity(
  context: HandlerContext,
): HandlersOf<AdminMethods & MinerMethods & NetMethods & Web3Methods & RpcMethods> {
  const { host, identity } = context;
  return {
    admin_nodeInfo: () => {
      const { host: ip, port } = enodeAddress(identity.enode);
      return {
        id: identity.enodeId,
        name: identity.clientVersion,
        enode: identity.enode,
        ip,
        ports: { discovery: 0, listener: port },
        listenAddr: `${ip}:${port}`,
        protocols: protocolsJson(context),
        plugins: {},
        multiaddrs: host.multiaddrs(),
        warnings: context.warnings(),
      };
    },
    admin_peers: () => host.peers().map((peer) => peerJson(peer)),
    admin_datadir: () => identity.dataDir ?? '',
    miner_setEtherbase: () => false,
    net_version: () => identity.networkId.toString(),
    net_listening: () => true,
    net_peerCount: () => host.peers().length,
    web3_clientVersion: () => identity.clientVersion,
    web3_sha3: (_request, data) => keccak256(data),
    rpc_modules: () => Object.fromEntries(ownNamespaces(context).map((name) => [name, '1.0'])),
  };
}
