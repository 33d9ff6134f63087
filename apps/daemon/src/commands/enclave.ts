import { createLogger } from '@isoquorum/platform/node/logger';
import { bytesToBase64 } from '@isoquorum/primitives/base64';
import type { Command } from 'commander';
import { runUntilStopped } from '../lifecycle.ts';
import { managerKeys } from '../network/manager-key.ts';
import { parseInteger } from '../options.ts';

interface EnclaveFlags {
  readonly key: string;
  readonly passwordFile?: string;
  readonly host: string;
  readonly port?: number;
  readonly socket?: string;
}

/** `isoquorum enclave`: the process that holds the keys, apart from the manager. */
export function addEnclaveCommand(program: Command): void {
  program
    .command('enclave')
    .description(
      "run an enclave: holds the keys, seals and opens payloads for one manager (Tessera's remote enclave interface)",
    )
    .requiredOption('--key <paths>', 'key pairs as <path> of <path>.key and <path>.pub, separated by commas')
    .option('--password-file <file>', 'passwords of locked keys, one a line, in the order of --key')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on', parseInteger('port', 0, 65_535), 9_181)
    .option('--socket <file>', 'listen on a unix socket instead')
    .action(async (flags: EnclaveFlags) => {
      const { startEnclave } = await import('@isoquorum/manager/node/start-enclave');
      const enclave = await startEnclave({
        keys: managerKeys(flags.key, flags.passwordFile),
        listen: flags.socket === undefined ? { host: flags.host, port: flags.port ?? 9_181 } : { path: flags.socket },
        logger: createLogger(),
      });
      await runUntilStopped({
        info: { url: enclave.url, publicKeys: enclave.publicKeys.map(bytesToBase64) },
        stop: () => enclave.stop(),
      });
    });
}
