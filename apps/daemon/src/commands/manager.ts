import { createLogger } from '@isoquorum/platform/node/logger';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { ResidentGroupOptions } from '@isoquorum/manager/resident-groups';
import type { Command } from 'commander';
import { createCommandError } from '../command-error.ts';
import { runUntilStopped } from '../lifecycle.ts';
import { managerKeys } from '../network/manager-key.ts';
import { parseInteger } from '../options.ts';

interface ManagerFlags {
  readonly dataDir?: string;
  readonly key?: string;
  readonly passwordFile?: string;
  readonly enclave?: string;
  readonly host: string;
  readonly q2tPort?: number;
  readonly q2tSocket?: string;
  readonly p2pPort: number;
  readonly thirdPartyPort?: number;
  readonly advertisedUrl?: string;
  readonly peers?: string;
  readonly corsOrigins?: string;
  readonly privacyEnhancements: boolean;
  readonly residentGroup?: readonly ResidentGroupOptions[];
}

/** Reads `<name>=<keys>`, for an option that may come more than once. @throws OPTION_INVALID */
function addResidentGroup(text: string, before: readonly ResidentGroupOptions[] = []): readonly ResidentGroupOptions[] {
  const [, name, members] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || members === undefined)
    throw createCommandError(
      'OPTION_INVALID',
      `--resident-group takes a name, "=" and enclave keys separated by commas, not "${text}"`,
      { name: 'resident-group', text },
    );
  return [...before, { name, members: members.split(',') }];
}

/** `isoquorum manager`: one transaction manager as a process of its own. */
export function addManagerCommand(program: Command): void {
  program
    .command('manager')
    .description(
      'run a transaction manager: stores encrypted payloads, exchanges them with other managers, answers its node',
    )
    .option('--data-dir <dir>', 'where encrypted payloads are kept; without it everything stays in memory')
    .option(
      '--key <paths>',
      'key pairs as <path> of <path>.key and <path>.pub, separated by commas; the first is the default',
    )
    .option('--password-file <file>', 'passwords of locked keys, one a line, in the order of --key')
    .option('--enclave <url>', 'keys live in an enclave process at this URL instead')
    .option('--host <address>', 'address of the P2P and third-party servers', '127.0.0.1')
    .option('--q2t-port <port>', 'for the node; always on loopback', parseInteger('q2t-port', 0, 65_535))
    .option('--q2t-socket <file>', 'for the node, as a unix socket instead')
    .option('--p2p-port <port>', 'for other managers', parseInteger('p2p-port', 0, 65_535), 9_000)
    .option(
      '--third-party-port <port>',
      'for applications; off when not given',
      parseInteger('third-party-port', 0, 65_535),
    )
    .option(
      '--advertised-url <url>',
      'URL under which other managers reach this one; default from --host and --p2p-port',
    )
    .option('--peers <urls>', 'P2P URLs of other managers, separated by commas')
    .option('--cors-origins <origins>', 'origins whose pages may call the third-party server, separated by commas')
    .option('--privacy-enhancements', 'accept and send privacy flags 1 to 3', false)
    .option(
      '--resident-group <name=keys>',
      'enclave keys, separated by commas, that share the private state of this name, on a chain with several private states; once for each group',
      addResidentGroup,
    )
    .action(async (flags: ManagerFlags) => {
      if ((flags.key === undefined) === (flags.enclave === undefined))
        throw createCommandError('OPTION_INVALID', 'give either --key or --enclave');
      if (flags.q2tPort === undefined && flags.q2tSocket === undefined)
        throw createCommandError('OPTION_INVALID', 'give --q2t-port or --q2t-socket: where the node asks');
      const { startManager } = await import('@isoquorum/manager/node/start-manager');
      const manager = await startManager({
        dataDir: flags.dataDir,
        enclave:
          flags.enclave === undefined
            ? { keys: managerKeys(flags.key ?? '', flags.passwordFile) }
            : { url: flags.enclave },
        q2t:
          flags.q2tSocket === undefined ? { host: '127.0.0.1', port: flags.q2tPort ?? 0 } : { path: flags.q2tSocket },
        p2p: { host: flags.host, port: flags.p2pPort },
        ...(flags.thirdPartyPort === undefined ? {} : { thirdParty: { host: flags.host, port: flags.thirdPartyPort } }),
        ...(flags.advertisedUrl === undefined ? {} : { advertisedUrl: flags.advertisedUrl }),
        peers: flags.peers?.split(',') ?? [],
        ...(flags.corsOrigins === undefined ? {} : { corsOrigins: flags.corsOrigins.split(',') }),
        privacyEnhancements: flags.privacyEnhancements,
        ...(flags.residentGroup === undefined ? {} : { residentGroups: flags.residentGroup }),
        logger: createLogger(),
      });
      await runUntilStopped({
        info: { urls: manager.urls, publicKeys: manager.publicKeys.map(bytesToBase64) },
        stop: () => manager.stop(),
      });
    });
}
