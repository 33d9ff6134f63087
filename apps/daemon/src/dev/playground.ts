import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createCommandError } from '../command-error.ts';
import { createPageInvitation } from '../network/invitation.ts';
import type { DevNetwork } from './dev-network.ts';
import { servePlayground } from './playground-server.ts';

const PAGE_INVITATION_SECONDS = 600;
/** Resolved at run time only: the published command ships the built page instead. */
const PLAYGROUND_BUILD = '@isoquorum/playground/build/build-playground';

/** What the playground's build module offers; it is part of the repository, not of the published command. */
interface PlaygroundBuild {
  buildPlayground(options: { readonly cacheDir: string }): Promise<{ readonly directory: string }>;
}

/** The built page: shipped with the published command, or built from source and cached by content. */
async function findPage(say: (what: string) => void): Promise<string> {
  const shipped = new URL('../../page', import.meta.url).pathname;
  if (existsSync(resolve(shipped, 'index.html'))) return shipped;
  let build: PlaygroundBuild;
  try {
    build = (await import(PLAYGROUND_BUILD)) as PlaygroundBuild;
  } catch {
    throw createCommandError(
      'PAGE_BUILD_FAILED',
      'this installation has no playground page: start with --no-playground',
    );
  }
  try {
    return (await build.buildPlayground({ cacheDir: resolve('.isoquorum/page') })).directory;
  } catch (error) {
    say('the page could not be built');
    throw createCommandError(
      'PAGE_BUILD_FAILED',
      `the playground page could not be built: ${error instanceof Error ? error.message : String(error)}; --no-playground starts without it`,
    );
  }
}

/**
 * Builds the page while the network starts, then serves it. `dev` invites the pages that it serves itself (decision 11): who has
 * the ticket of the printed address gets a fresh single-use invitation of the first validator.
 */
export async function startPlayground(
  starting: Promise<DevNetwork>,
  port: number,
  say: (what: string) => void,
): Promise<() => Promise<void>> {
  say('building the page (cached by content)');
  const directory = await findPage(say);
  say('the page is built');
  const network = await starting;
  const { files } = network;
  const genesis: unknown = JSON.parse(readFileSync(files.genesis, 'utf8'));
  return servePlayground(
    {
      directory,
      documents: new Map<string, () => unknown>([
        ['/genesis.json', () => genesis],
        ['/network.json', () => publicNetwork(network)],
      ]),
      invite: (ticket) =>
        ticket === network.ticket
          ? createPageInvitation(files.member(0).nodeKey, genesis, network.json(), PAGE_INVITATION_SECONDS)
          : undefined,
    },
    port,
  );
}

/** The part of `network.json` that a page may see: no private keys, no paths. */
function publicNetwork(network: DevNetwork): unknown {
  const json = network.json();
  return {
    chainId: json.chainId,
    consensus: json.consensus,
    nodes: json.nodes.map(({ name, multiaddrs, validator, manager }) => ({ name, multiaddrs, validator, manager })),
    managers: json.managers.map(({ name, publicKeys }) => ({ name, publicKeys })),
  };
}
