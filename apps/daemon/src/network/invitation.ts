import { readFileSync } from 'node:fs';
import { createInvitation, encodeInvitation } from '@isoquorum/network/admission/invitation';
import { createRandom } from '@isoquorum/platform/node/random';
import { createGenesisBlock } from '@isoquorum/node/chain/genesis-block';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { parseNodeKey } from '@isoquorum/primitives/node-key';
import type { NetworkJson } from '../dev/network-json.ts';

/** The WebSocket multiaddrs of nodes, which is what a browser can dial. */
function browserMultiaddrs(multiaddrs: readonly string[]): string[] {
  return multiaddrs.filter((multiaddr) => multiaddr.includes('/ws'));
}

/** An invitation of the node whose key file is given, issuer's address first. Valid once, until `seconds` from now. */
export function createInvitationText(options: {
  readonly nodeKeyFile: string;
  readonly genesisJson: unknown;
  readonly multiaddrs: readonly string[];
  readonly name: string;
  readonly seconds: number;
}): string {
  return encodeInvitation(
    createInvitation({
      nodeKey: parseNodeKey(readFileSync(options.nodeKeyFile, 'utf8')),
      genesisHash: createGenesisBlock(parseGenesis(options.genesisJson)).hash,
      multiaddrs: options.multiaddrs,
      name: options.name,
      expires: Math.floor(Date.now() / 1_000) + options.seconds,
      random: createRandom(),
    }),
  );
}

let pages = 0;

/** The invitation that `dev` gives to a page that it serves: of the first validator, naming all of them. */
export function createPageInvitation(
  nodeKeyFile: string,
  genesisJson: unknown,
  json: NetworkJson,
  seconds: number,
): string {
  pages += 1;
  return createInvitationText({
    nodeKeyFile,
    genesisJson,
    multiaddrs: json.nodes.flatMap((node) => browserMultiaddrs(node.multiaddrs).slice(0, 1)),
    name: `page ${pages}`,
    seconds,
  });
}
