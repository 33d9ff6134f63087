import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createCommandError } from '../command-error.ts';
import type { NetworkJson } from '../dev/network-json.ts';
import { createInvitationText } from '../network/invitation.ts';
import { networkFiles } from '../network/layout.ts';
import { parseInteger, readOptionFile } from '../options.ts';

interface InviteFlags {
  readonly name: string;
  readonly dataDir: string;
  readonly genesis?: string;
  readonly nodeKey?: string;
  readonly multiaddrs?: string;
  readonly page?: string;
  readonly minutes: number;
}

/** `isoquorum invite`: a single-use invitation for one browser. */
export function addInviteCommand(program: Command): void {
  program
    .command('invite')
    .description(
      'print a single-use invitation for one browser, signed by a node; without further options by node1 of the running dev network',
    )
    .option('--name <name>', 'who it is for; shown in permissioned-browsers.json', 'guest')
    .option('--data-dir <dir>', "the dev network's folder", '.isoquorum/dev')
    .option('--genesis <file>', 'genesis.json of another network')
    .option('--node-key <file>', 'node key of the issuer')
    .option('--multiaddrs <list>', "WebSocket multiaddrs of validators, separated by commas, the issuer's first")
    .option('--page <url>', 'address of the playground page')
    .option('--minutes <n>', 'valid for so long', parseInteger('minutes', 1, 527_040), 60)
    .action((flags: InviteFlags) => {
      const files = networkFiles(flags.dataDir);
      const own = flags.genesis !== undefined || flags.nodeKey !== undefined || flags.multiaddrs !== undefined;
      if (own && (flags.genesis === undefined || flags.nodeKey === undefined || flags.multiaddrs === undefined)) {
        throw createCommandError('OPTION_INVALID', '--genesis, --node-key and --multiaddrs go together');
      }
      const running = own ? undefined : readRunning(files.networkJson);
      const invitation = createInvitationText({
        nodeKeyFile: flags.nodeKey ?? files.member(0).nodeKey,
        genesisJson: readOptionFile('--genesis', flags.genesis ?? files.genesis),
        multiaddrs:
          flags.multiaddrs?.split(',') ??
          running?.nodes.flatMap((node) =>
            node.multiaddrs.filter((multiaddr) => multiaddr.includes('/ws')).slice(0, 1),
          ) ??
          [],
        name: flags.name,
        seconds: flags.minutes * 60,
      });
      const page = flags.page ?? running?.playground?.replace(/#.*$/, '');
      console.log(page === undefined ? invitation : `${page}#invitation=${invitation}`);
    });
}

function readRunning(path: string): NetworkJson {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as NetworkJson;
  } catch {
    throw createCommandError(
      'NOT_RUNNING',
      `${path} cannot be read: is \`isoquorum dev\` running? For another network give --genesis, --node-key and --multiaddrs`,
      { path },
    );
  }
}
