import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { createCommandError } from '../command-error.ts';
import { readOptionFile } from '../options.ts';

interface KeygenFlags {
  readonly passwordFile?: string;
}

/** `isoquorum keygen`: an enclave key pair in Tessera's file format. */
export function addKeygenCommand(program: Command): void {
  program
    .command('keygen')
    .description(
      "make an enclave key pair: <path>.key (private, readable by its owner only) and <path>.pub, as Tessera's files",
    )
    .argument('<path>', 'path without ending')
    .option('--password-file <file>', 'lock the private key with the password in this file (Argon2, as Tessera)')
    .action(async (path: string, flags: KeygenFlags) => {
      for (const file of [`${path}.key`, `${path}.pub`]) {
        if (existsSync(file))
          throw createCommandError('FILE_EXISTS', `${file} exists: keys are never overwritten`, { file });
      }
      const { generateKeyFiles } = await import('@isoquorum/manager/node/key-files');
      const password =
        flags.passwordFile === undefined
          ? undefined
          : readOptionFile('--password-file', flags.passwordFile).replace(/\r?\n$/, '');
      const publicKey = await generateKeyFiles({ path, ...(password === undefined ? {} : { password }) });
      console.log(`public key ${bytesToBase64(publicKey)}\nwrote ${path}.key and ${path}.pub`);
    });
}
